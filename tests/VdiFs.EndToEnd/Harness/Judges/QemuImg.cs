namespace VdiFs.EndToEnd.Harness.Judges;

/// <summary>qemu-img, the reader of every format.</summary>
internal static class QemuImg
{
    /// <summary>The image holds the disk; qemu names a VHD "vpc".</summary>
    public static void AssertHolds(string disk, string image, string format)
    {
        string output = Command.Ok("qemu-img", "compare", "-f", "raw", "-F", format, disk, image);
        Assert.Contains("Images are identical.", output, StringComparison.Ordinal);
        Assert.DoesNotContain("mismatch", output, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>qemu finds nothing wrong in the image's tables; it has no such check for a VHD.</summary>
    public static void AssertSound(string image, string format) =>
        Assert.Contains(
            "No errors were found", Command.Ok("qemu-img", "check", "-f", format, image), StringComparison.Ordinal);
}
