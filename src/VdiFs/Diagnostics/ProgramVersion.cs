namespace VdiFs.Diagnostics;

/// <summary>The program's version.</summary>
internal static class ProgramVersion
{
    public static string Text { get; } =
        typeof(ProgramVersion).Assembly.GetName().Version?.ToString(fieldCount: 3) ?? "unknown";
}
