namespace VdiFs.EndToEnd.Harness.Judges;

/// <summary>The kernel's own ext4, over a loop device.</summary>
internal static class LoopMount
{
    /// <summary>The file system at this offset of a raw image mounts, and the file in it has this text.</summary>
    public static void AssertShows(Bench bench, string image, long offset, string file, string text)
    {
        Assert.SkipUnless(File.Exists("/dev/loop-control"), "this machine has no loop devices");
        string directory = bench.NewDirectory("loop");
        Command.Ok("mount", "-o", $"loop,ro,noload,offset={offset}", image, directory);
        try
        {
            Assert.Equal(text, File.ReadAllText(Path.Combine(directory, file)).Trim());
        }
        finally
        {
            Command.Run("umount", directory);
        }
    }
}
