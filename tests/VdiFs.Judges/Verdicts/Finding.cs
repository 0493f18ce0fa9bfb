namespace VdiFs.Judges.Verdicts;

/// <summary>A verdict, with what the judge said.</summary>
internal sealed record Finding(Verdict Verdict, string Detail);
