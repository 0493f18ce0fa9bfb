namespace VdiFs.Formats.Engine;

/// <summary>Padding. It belongs to a packed image and is data, not a hole.</summary>
internal sealed class ZeroRegion(long length) : Region(length)
{
    internal override Segment Locate(long offset, long maxLength) => Zero(Math.Min(maxLength, Length - offset));
}
