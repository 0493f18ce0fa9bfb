namespace VdiFs.Disks.Pools.Doctor;

/// <summary>One thing that was looked at in a pool. Holds no secret.</summary>
/// <param name="Level">How it is to be taken.</param>
/// <param name="Subject">What was looked at, in a word or two.</param>
/// <param name="Text">What was found.</param>
/// <param name="Cure">The command that mends it, or what to do; null when there is nothing to mend.</param>
public sealed record Finding(FindingLevel Level, string Subject, string Text, string? Cure = null)
{
    internal static Finding Ok(string subject, string text) => new(FindingLevel.Ok, subject, text);

    internal static Finding Warning(string subject, string text, string cure) =>
        new(FindingLevel.Warning, subject, text, cure);

    internal static Finding Problem(string subject, string text, string cure) =>
        new(FindingLevel.Problem, subject, text, cure);
}
