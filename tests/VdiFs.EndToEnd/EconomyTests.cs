using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Judges;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>Looking costs nothing, zeros cost nothing, and each block crosses the network once.</summary>
public sealed class EconomyTests : EndToEndTest
{
    private const long MiB = 1L << 20;

    [Fact]
    public void Listing_names_opens_no_disk()
    {
        VdifsMount mount = VdifsMount.Start(Bench, Nbdkit.File(Bench, DiskImage.Full(Bench, 4 * MiB)).Uri);

        string names = Command.Ok("bash", "-c", "cd \"$1\"; echo * */*", "bash", mount.Directory);
        Assert.Contains("disk.vmdk", names, StringComparison.Ordinal);

        Assert.False(mount.DiskStatus().GetProperty("isOpen").GetBoolean());
    }

    [Fact]
    public void Sizes_of_all_files_fetch_no_data()
    {
        VdifsMount mount = VdifsMount.Start(Bench, Nbdkit.File(Bench, DiskImage.Full(Bench, 4 * MiB)).Uri);

        Command.Ok("ls", "-lsR", mount.Directory);

        Assert.Equal(0, FetchedBytes(mount));
    }

    [Fact]
    public void Holes_and_tables_fetch_no_data()
    {
        VdifsMount mount = VdifsMount.Start(Bench, Nbdkit.File(Bench, DiskImage.Empty(Bench, 64 * MiB)).Uri);

        Command.Ok("cat", mount.File("disk.raw"), mount.File("disk.vhd"), mount.File("disk.vmdk"));

        Assert.Equal(0, FetchedBytes(mount));
    }

    [Fact]
    public void Each_block_is_fetched_once_for_all_formats()
    {
        string disk = DiskImage.Full(Bench, 32 * MiB);
        VdifsMount mount = VdifsMount.Start(Bench, Nbdkit.File(Bench, disk).Uri);

        Command.BashOk(
            "for f in raw vhd fixed.vhd vmdk; do cat \"$1/disk.$f\" > /dev/null & done; wait", mount.Export());
        Bytes.AssertEqual(disk, mount.File("disk.raw"));

        Assert.Equal(32 * MiB, FetchedBytes(mount));
    }

    [Fact]
    public void A_second_rsync_fetches_nothing()
    {
        VdifsMount mount = VdifsMount.Start(
            Bench, Nbdkit.File(Bench, DiskImage.Full(Bench, 16 * MiB)).Uri, "--cache-size", "4M");
        string copy = Bench.NewDirectory("copy");
        Command.Ok("rsync", "-a", mount.Export() + "/", copy);
        long before = FetchedBytes(mount);

        Command.Ok("rsync", "-a", mount.Export() + "/", copy);

        Assert.Equal(before, FetchedBytes(mount));
    }

    private static long FetchedBytes(VdifsMount mount) => mount.DiskStatus().GetProperty("bytesFetched").GetInt64();
}
