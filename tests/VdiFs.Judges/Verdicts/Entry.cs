namespace VdiFs.Judges.Verdicts;

/// <summary>One verdict of the table.</summary>
/// <param name="Kind">The image's row.</param>
/// <param name="Judge">The column.</param>
/// <param name="Disk">Which disk.</param>
/// <param name="Finding">What the judge said.</param>
/// <param name="Known">Why something else than equality was expected; else null.</param>
internal sealed record Entry(string Kind, string Judge, string Disk, Finding Finding, KnownException? Known)
{
    /// <summary>Whether the verdict is the one that was expected.</summary>
    public bool IsExpected => Finding.Verdict == (Known?.Verdict ?? Verdict.Equal);
}
