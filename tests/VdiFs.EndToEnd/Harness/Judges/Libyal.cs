namespace VdiFs.EndToEnd.Harness.Judges;

/// <summary>libvhdi and libvmdk, the forensic readers, through their own FUSE mounts.</summary>
internal static class Libyal
{
    public static void AssertVhdHolds(Bench bench, string disk, string image) =>
        AssertHolds(bench, disk, image, "vhdimount", "vhdi1");

    /// <summary>libvmdk opens the file that the descriptor names: the image must still be called disk.vmdk.</summary>
    public static void AssertVmdkHolds(Bench bench, string disk, string image) =>
        AssertHolds(bench, disk, image, "vmdkmount", "vmdk1");

    private static void AssertHolds(Bench bench, string disk, string image, string tool, string shown)
    {
        string directory = bench.NewDirectory(tool);
        Command.Ok(tool, image, directory);
        try
        {
            Bytes.AssertEqual(disk, Path.Combine(directory, shown));
        }
        finally
        {
            Command.Run("umount", directory);
        }
    }
}
