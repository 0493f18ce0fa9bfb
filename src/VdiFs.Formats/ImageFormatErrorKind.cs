namespace VdiFs.Formats;

/// <summary>Why an image cannot be made or understood.</summary>
public enum ImageFormatErrorKind
{
    /// <summary>The disk is longer than the format can express (EFBIG).</summary>
    DiskTooLarge,

    /// <summary>The disk has no bytes, and the format needs at least one.</summary>
    DiskEmpty,

    /// <summary>The format has no deltas, or none on top of such a parent.</summary>
    ParentRefused,

    /// <summary>A record of an image contradicts its specification.</summary>
    Malformed,
}
