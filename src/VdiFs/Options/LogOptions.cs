using Microsoft.Extensions.Logging;

namespace VdiFs.Options;

/// <summary>What is logged, how, and where to.</summary>
/// <param name="Level">The least severe level that is logged.</param>
/// <param name="Format">How lines look.</param>
/// <param name="File">Where a daemon's lines go, as a full path; null: nowhere once it runs in the background.</param>
internal sealed record LogOptions(LogLevel Level, LogFormat Format, string? File);
