namespace VdiFs.Formats;

/// <summary>The image that a delta is read on top of.</summary>
/// <param name="Identity">Whose content it shows; its ids inside the image are derived from that.</param>
/// <param name="DiskLength">Its disk's bytes: the same as the delta's.</param>
/// <param name="Format">What it is an image in.</param>
/// <param name="FileName">Its name in the directory of the delta: ASCII, without a path.</param>
public sealed record ParentImage(DiskIdentity Identity, long DiskLength, ImageFormat Format, string FileName)
{
    /// <summary>The delta's own name in that directory, which some formats (VMDK) repeat inside; null: the usual one
    /// (<see cref="ImageFormat.FileName"/>).</summary>
    public string? ChildFileName { get; init; }
}
