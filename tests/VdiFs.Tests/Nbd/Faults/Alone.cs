using Xunit;

namespace VdiFs.Tests.Nbd.Faults;

/// <summary>
/// Tests that count what the whole process holds - descriptors, memory - and so run when no other test does.
/// </summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
