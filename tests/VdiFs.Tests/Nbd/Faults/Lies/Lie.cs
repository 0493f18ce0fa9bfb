using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;

namespace VdiFs.Tests.Nbd.Faults.Lies;

/// <summary>Something that no honest server does, and how the client must take it.</summary>
/// <param name="Name">What the server does.</param>
/// <param name="Kind">The failure that it must cause.</param>
/// <param name="Question">What the client asks; this is what fails.</param>
/// <param name="Servers">What the server does on its first connection, on its second, and so on.</param>
internal sealed record Lie(
    string Name,
    NbdErrorKind Kind,
    Func<ScriptedNbdServer, Task> Question,
    params Func<ServerPeer, Task>[] Servers)
{
    /// <summary>Bytes that both ends together may allocate; the limit tells that no length is believed.</summary>
    public long MemoryLimit { get; init; } = 1 << 20;

    public override string ToString() => Name;
}
