namespace VdiFs.EndToEnd.Harness.Judges;

/// <summary>7z, which unpacks images; the type must be named, or it opens the partition table inside.</summary>
internal static class SevenZip
{
    public static void AssertHolds(string disk, string image, string type) =>
        Bytes.AssertOutputEqual(disk, $"7z e -so -t{type} \"$1\"", image);
}
