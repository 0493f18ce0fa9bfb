namespace VdiFs.Formats.Reading;

/// <summary>Something in an image that is not as it must be.</summary>
/// <param name="FileName">The file it is in.</param>
/// <param name="FileOffset">Where.</param>
/// <param name="What">What is there: "end footer, checksum".</param>
/// <param name="Expected">What should be there.</param>
/// <param name="Found">What is there instead.</param>
public sealed record ImageFault(string FileName, long FileOffset, string What, string Expected, string Found)
{
    /// <summary>For a reader that cannot go on.</summary>
    internal ImageFormatException Exception() => new(ImageFormatErrorKind.Malformed, ToString());

    /// <inheritdoc/>
    public override string ToString() =>
        $"{FileName}: at {FileOffset} (0x{FileOffset:x}): {What}: expected {Expected}, found {Found}";
}
