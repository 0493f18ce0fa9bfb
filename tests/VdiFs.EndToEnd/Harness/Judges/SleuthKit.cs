namespace VdiFs.EndToEnd.Harness.Judges;

/// <summary>mmls and fls, which read partition tables and file systems straight out of images.</summary>
internal static class SleuthKit
{
    /// <summary>The partition table read from the image is the disk's.</summary>
    public static void AssertSamePartitions(string disk, string image) =>
        Assert.Equal(Command.Ok("mmls", disk), Command.Ok("mmls", image));

    /// <summary>The root directory of the file system at this offset names the file.</summary>
    public static void AssertListsFile(string image, long offset, string name) =>
        Assert.Contains(name, Command.Ok("fls", "-o", $"{offset / 512}", image), StringComparison.Ordinal);
}
