namespace VdiFs.Judges.Verdicts;

/// <summary>What a judge made of an image.</summary>
internal enum Verdict
{
    /// <summary>It read the disk's very bytes, or found nothing wrong.</summary>
    Equal,

    /// <summary>It read other bytes, or found something wrong.</summary>
    Differs,

    /// <summary>It could not read the image, and said so.</summary>
    Refused,

    /// <summary>It had to be ended.</summary>
    TimedOut,
}
