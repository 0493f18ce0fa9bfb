using VdiFs.Pool.Content;
using Xunit;

namespace VdiFs.Tests.Pool.Content;

public sealed class VdiContentTests
{
    private const long Mebi = 1L << 20;
    private const int Page = 64 * 1024;

    [Fact]
    public void A_new_disk_reads_zeros_and_has_nothing_allocated()
    {
        VdiContent disk = new(8 * Mebi, VdiImage.Vhd, EmptySource.Instance);
        Assert.Equal(new byte[4096], Read(disk, 5 * Mebi, 4096));
        Assert.Empty(disk.AllocatedGranules());
    }

    [Theory]
    [InlineData(VdiImage.Vhd, 2 * Mebi)]
    [InlineData(VdiImage.Qcow2, Page)]
    public void A_write_allocates_the_granules_it_touches(VdiImage image, long granule)
    {
        VdiContent disk = new(8 * Mebi, image, EmptySource.Instance);
        disk.Write((4 * Mebi) - 1, [1, 2]);
        Assert.Equal([((4 * Mebi) - 1) / granule, 4 * Mebi / granule], disk.AllocatedGranules());
        Assert.Equal([0, 1, 2, 0], Read(disk, (4 * Mebi) - 2, 4));
    }

    [Fact]
    public void Zeros_that_were_written_are_allocated()
    {
        VdiContent disk = new(8 * Mebi, VdiImage.Vhd, EmptySource.Instance);
        disk.Write(2 * Mebi, new byte[512]);
        Assert.Equal([1], disk.AllocatedGranules());
    }

    [Fact]
    public void A_snapshot_keeps_the_bytes_of_its_time()
    {
        VdiContent disk = new(8 * Mebi, VdiImage.Vhd, EmptySource.Instance);
        disk.Write(100, [1]);
        IVdiContent snapshot = disk.Snapshot();
        disk.Write(100, [2]);
        disk.Write(6 * Mebi, [3]);
        Assert.Equal([1], Read(snapshot, 100, 1));
        Assert.Equal([2], Read(disk, 100, 1));
        Assert.Equal([0], snapshot.AllocatedGranules());
        Assert.Equal([0, 3], disk.AllocatedGranules());
    }

    [Fact]
    public void What_was_written_after_a_snapshot_is_what_is_new_since_it()
    {
        VdiContent disk = new(8 * Mebi, VdiImage.Vhd, EmptySource.Instance);
        disk.Write(0, [1]);
        IVdiContent first = disk.Snapshot();
        disk.Write(6 * Mebi, [1]);
        IVdiContent second = disk.Snapshot();
        disk.Write(2 * Mebi, [1]);
        Assert.Equal([3], second.GranulesSince(first));
        Assert.Equal([1, 3], disk.GranulesSince(first));
        Assert.Equal([3], first.GranulesSince(second));
    }

    [Fact]
    public void Changed_blocks_are_bits_of_64_KiB_with_the_most_significant_first()
    {
        VdiContent disk = new(2 * Mebi, VdiImage.Vhd, EmptySource.Instance);
        IVdiContent first = disk.Snapshot();
        disk.Write(0, [1]);
        disk.Write((9 * Page) + 5, [1]);
        disk.Write(31 * Page, [1]);
        Assert.Equal([0x80, 0x40, 0x00, 0x01], disk.Snapshot().ChangedBlocksSince(first));
    }

    [Fact]
    public void The_bitmap_of_an_odd_size_has_a_bit_for_the_last_part()
    {
        VdiContent disk = new((8 * Page) + 512, VdiImage.Qcow2, EmptySource.Instance);
        IVdiContent first = disk.Snapshot();
        disk.Write(8 * Page, new byte[512]);
        Assert.Equal([0x00, 0x80], disk.ChangedBlocksSince(first));
    }

    [Fact]
    public void Disks_of_two_chains_and_one_disk_with_itself_have_no_difference()
    {
        VdiContent disk = new(2 * Mebi, VdiImage.Vhd, EmptySource.Instance);
        VdiContent other = new(2 * Mebi, VdiImage.Vhd, EmptySource.Instance);
        Assert.Throws<InvalidOperationException>(() => disk.ChangedBlocksSince(other));
        Assert.Throws<InvalidOperationException>(() => disk.GranulesSince(other));
        Assert.Throws<InvalidOperationException>(() => disk.ChangedBlocksSince(disk));
    }

    [Fact]
    public void A_revert_brings_the_bytes_of_the_snapshot_back_and_leaves_the_snapshot_alone()
    {
        VdiContent disk = new(8 * Mebi, VdiImage.Vhd, EmptySource.Instance);
        disk.Write(0, [1]);
        IVdiContent snapshot = disk.Snapshot();
        disk.Write(0, [2]);
        disk.RevertTo(snapshot);
        Assert.Equal([1], Read(disk, 0, 1));
        disk.Write(0, [3]);
        Assert.Equal([1], Read(snapshot, 0, 1));
    }

    [Fact]
    public void A_raw_disk_knows_nothing_of_allocation_and_has_no_snapshots()
    {
        VdiContent disk = new((2 * Page) + 512, VdiImage.Raw, EmptySource.Instance);
        Assert.Equal([0, 1, 2], disk.AllocatedGranules());
        Assert.Throws<InvalidOperationException>(disk.Snapshot);
    }

    [Fact]
    public void A_bad_range_fails_reads_that_touch_it_and_no_others()
    {
        VdiContent disk = new(2 * Mebi, VdiImage.Vhd, EmptySource.Instance) { BadRanges = [new ByteRange(4096, 512)] };
        Assert.Throws<VdiIoException>(() => Read(disk, 4607, 1));
        Assert.Throws<VdiIoException>(() => Read(disk, 0, 4097));
        Assert.Equal(new byte[4096], Read(disk, 0, 4096));
        Assert.Equal(new byte[1], Read(disk, 4608, 1));
    }

    [Fact]
    public void A_read_past_the_end_is_refused()
    {
        VdiContent disk = new(1024, VdiImage.Raw, EmptySource.Instance);
        Assert.Throws<ArgumentOutOfRangeException>(() => Read(disk, 1000, 25));
    }

    [Fact]
    public void A_seeded_disk_of_terabytes_tells_its_place_in_its_extents_and_is_zero_elsewhere()
    {
        const long Far = 3L << 40;
        SeededSource source = new(5, [new ByteRange(512, 512), new ByteRange(Far, Mebi)]);
        VdiContent disk = new(4L << 40, VdiImage.Qcow2, source);
        byte[] all = Read(disk, Far - 8, 4096);
        Assert.Equal(new byte[8], all[..8]);
        Assert.Equal(Read(disk, Far + 3, 100), all[11..111]);
        Assert.NotEqual(Read(disk, Far, 8), Read(disk, Far + 8, 8));
        Assert.Equal(new byte[512], Read(disk, 0, 512));
        Assert.Equal([0, .. Enumerable.Range(0, 16).Select(i => (Far / Page) + i)], disk.AllocatedGranules());
    }

    [Fact]
    public void A_disk_that_becomes_another_has_its_bytes_and_only_what_differs_is_written()
    {
        VdiContent disk = new(8 * Mebi, VdiImage.Qcow2, new SeededSource(1, [new ByteRange(0, 4 * Page)]));
        IVdiContent snapshot = disk.Snapshot();
        SeededSource source = new(1, [new ByteRange(0, 2 * Page), new ByteRange(90 * Page, 512)]);
        disk.Become(source);
        byte[] wanted = new byte[8 * Mebi];
        source.Read(0, wanted);
        Assert.Equal(wanted, Read(disk, 0, wanted.Length));
        Assert.Equal([2, 3, 90], disk.GranulesSince(snapshot));
    }

    [Fact]
    public void A_folder_has_disks_by_name_and_stage()
    {
        DirectoryInfo root = Directory.CreateTempSubdirectory("vdifs-disks-");
        try
        {
            root.CreateSubdirectory("web root");
            File.WriteAllBytes(Path.Combine(root.FullName, "web root", "2.raw"), [7, 8]);
            using DiskFolder folder = new(root.FullName);
            Assert.Equal(2, folder.Find("web root", 2)!.Length);
            Assert.Same(folder.Find("web root", 2), folder.Find("web root", 2));
            Assert.Null(folder.Find("web root", 1));
            Assert.Null(folder.Find("", 2));
            Assert.Null(folder.Find("../" + root.Name + "/web root", 2));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_file_is_a_disk_whose_holes_are_not_allocated()
    {
        string path = Path.GetTempFileName();
        try
        {
            using (FileStream file = File.OpenWrite(path))
            {
                file.SetLength(8 * Mebi);
                file.Position = 4 * Mebi;
                file.WriteByte(7);
            }

            using FileSource source = new(path);
            VdiContent disk = new(8 * Mebi, VdiImage.Vhd, source);
            Assert.Equal([2], disk.AllocatedGranules());
            Assert.Equal([0, 7, 0], Read(disk, (4 * Mebi) - 1, 3));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static byte[] Read(IVdiContent disk, long offset, int length)
    {
        byte[] bytes = new byte[length];
        ValueTask reading = disk.ReadAsync(offset, bytes, CancellationToken.None);
        Assert.True(reading.IsCompletedSuccessfully);
        return bytes;
    }
}
