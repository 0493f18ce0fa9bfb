using VdiFs.Judges.Images;

namespace VdiFs.Judges.Verdicts;

/// <summary>Judges that are known to be wrong, or to be unable, about a kind of image. They must go on being so: a
/// verdict that has become right fails the run, and the entry is to be changed.</summary>
/// <param name="Judges">Their names.</param>
/// <param name="Images">Which images, in words.</param>
/// <param name="Matches">Which images.</param>
/// <param name="Verdict">What they say of all of them.</param>
/// <param name="Reason">How they are wrong, for users.</param>
internal sealed record KnownException(
    IReadOnlyList<string> Judges, string Images, Func<JudgedImage, bool> Matches, Verdict Verdict, string Reason);
