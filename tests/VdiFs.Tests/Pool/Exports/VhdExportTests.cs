using VdiFs.Pool.Content;
using VdiFs.Pool.State;
using VdiFs.Tests.Pool.Harness;
using Xunit;

namespace VdiFs.Tests.Pool.Exports;

public sealed class VhdExportTests
{
    private const long Mebi = 1L << 20;

    [Fact]
    public async Task A_vhd_disk_is_sent_with_the_blocks_its_chain_has_and_no_others()
    {
        await using PoolBench bench = new();
        VdiObject vdi = bench.AddVdi(Sparse(VdiImage.Vhd));
        vdi.Content!.Write(6 * Mebi, new byte[512]);
        IVdiContent snapshot = vdi.Content.Snapshot();
        vdi.Content.Write(10 * Mebi, [9]);
        VhdReading file = await ReadAsync(bench, bench.AddVdi(snapshot));
        Assert.Equal((20 * Mebi, 3u), (file.Length, file.DiskType));
        Assert.Equal([1, 3], file.Blocks);
        Assert.Equal(await BytesAsync(snapshot, 2 * Mebi), file.Block(1));
        Assert.Equal(new byte[2 * Mebi], file.Block(3));
    }

    [Fact]
    public async Task Two_exports_of_one_disk_are_equal_in_all_but_the_id()
    {
        await using PoolBench bench = new();
        VdiObject vdi = bench.AddVdi(Sparse(VdiImage.Vhd));
        VhdReading one = await ReadAsync(bench, vdi);
        VhdReading two = await ReadAsync(bench, vdi);
        Assert.NotEqual(one.Id, two.Id);
        Assert.Equal(one.Blocks, two.Blocks);
    }

    [Fact]
    public async Task A_difference_has_what_was_written_since_its_base_and_names_it()
    {
        await using PoolBench bench = new();
        VdiContent disk = Sparse(VdiImage.Vhd);
        VdiObject baseVdi = bench.AddVdi(disk.Snapshot());
        disk.Write(18 * Mebi, [5]);
        ExportReply reply = await ExportBench.ExportAsync(bench, bench.AddVdi(disk.Snapshot()), "vhd", baseVdi);
        VhdReading file = new(reply.Body);
        Assert.Equal((4u, 0x4D616358u, 1536UL), (file.DiskType, file.FirstLocatorCode, file.FirstLocatorOffset));
        Assert.Equal(Guid.Parse(baseVdi.Uuid), file.ParentId);
        Assert.Equal([9], file.Blocks);
        Assert.Equal(new byte[512], reply.Body[1536..2048]);
        Assert.Empty(bench.Dom0Vbds);
    }

    [Theory]
    [InlineData(VdiImage.Raw)]
    [InlineData(VdiImage.Qcow2)]
    public async Task Another_disk_is_read_whole_and_sent_rounded_up_with_the_blocks_that_are_not_zero(VdiImage image)
    {
        await using PoolBench bench = new();
        VdiContent disk = new((5 * Mebi) + 512, image, new SeededSource(3, [new ByteRange(5 * Mebi, 512)]));
        disk.Write(0, new byte[4096]);
        VhdReading file = await ReadAsync(bench, bench.AddVdi(disk));
        Assert.Equal(6 * Mebi, file.Length);
        Assert.Equal([2], file.Blocks);
        byte[] last = new byte[512];
        await disk.ReadAsync(5 * Mebi, last, TestContext.Current.CancellationToken);
        Assert.Equal([.. new byte[Mebi], .. last, .. new byte[Mebi - 512]], file.Block(2));
    }

    [Fact]
    public async Task A_raw_disk_is_read_to_its_end_before_the_first_byte()
    {
        await using PoolBench bench = new();
        VdiObject vdi = bench.AddVdi(new VdiContent(20 * Mebi, VdiImage.Raw, EmptySource.Instance));
        vdi.Content!.BadRanges = [new ByteRange((20 * Mebi) - 512, 512)];
        ExportReply reply = await ExportBench.ExportAsync(bench, vdi, "vhd");
        Assert.StartsWith("HTTP/1.1 500", reply.BodyText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_raw_disk_of_odd_size_can_fail()
    {
        await using PoolBench bench = new();
        bench.State.Faults.ExportFailsOnOddSize = true;
        TaskObject task = ExportBench.NewTask(bench);
        VdiObject vdi = bench.AddVdi(new VdiContent(Mebi, VdiImage.Raw, EmptySource.Instance));
        ExportReply reply = await ExportBench.ExportAsync(bench, vdi, "vhd", task: task);
        Assert.StartsWith("HTTP/1.1 500", reply.BodyText, StringComparison.Ordinal);
        Assert.Equal("VDI_IO_ERROR", task.ErrorInfo[0]);
    }

    [Fact]
    public async Task A_disk_above_2040_GiB_is_too_large_after_the_200()
    {
        await using PoolBench bench = new();
        TaskObject task = ExportBench.NewTask(bench);
        VdiObject vdi = bench.AddVdi(new VdiContent((2040L << 30) + 512, VdiImage.Vhd, EmptySource.Instance));
        ExportReply reply = await ExportBench.ExportAsync(bench, vdi, "vhd", task: task);
        Assert.Equal("HTTP/1.1 200 OK", reply.StatusLine);
        Assert.StartsWith("HTTP/1.1 500", reply.BodyText, StringComparison.Ordinal);
        Assert.Equal("VDI_TOO_LARGE", task.ErrorInfo[0]);
        VdiObject largest = bench.AddVdi(new VdiContent(2040L << 30, VdiImage.Vhd, EmptySource.Instance));
        Assert.Empty((await ReadAsync(bench, largest)).Blocks);
    }

    [Fact]
    public async Task A_difference_of_disks_that_are_not_of_one_chain_of_vhds_fails()
    {
        await using PoolBench bench = new();
        VdiContent qcow2 = Sparse(VdiImage.Qcow2);
        VdiContent vhd = Sparse(VdiImage.Vhd);
        (IVdiContent Disk, IVdiContent Base)[] pairs =
            [(qcow2, qcow2.Snapshot()), (vhd, qcow2.Snapshot()), (vhd, Sparse(VdiImage.Vhd).Snapshot())];
        foreach ((IVdiContent disk, IVdiContent other) in pairs)
        {
            TaskObject task = ExportBench.NewTask(bench);
            ExportReply reply =
                await ExportBench.ExportAsync(bench, bench.AddVdi(disk), "vhd", bench.AddVdi(other), task);
            Assert.StartsWith("HTTP/1.1 500", reply.BodyText, StringComparison.Ordinal);
            Assert.Equal("INTERNAL_ERROR", task.ErrorInfo[0]);
        }
    }

    private static VdiContent Sparse(VdiImage image) =>
        new(20 * Mebi, image, new SeededSource(3, [new ByteRange(2 * Mebi, 2 * Mebi)]));

    private static async Task<byte[]> BytesAsync(IVdiContent disk, long offset)
    {
        byte[] bytes = new byte[2 * Mebi];
        await disk.ReadAsync(offset, bytes, TestContext.Current.CancellationToken);
        return bytes;
    }

    private static async Task<VhdReading> ReadAsync(PoolBench bench, VdiObject vdi) =>
        new((await ExportBench.ExportAsync(bench, vdi, "vhd")).Body);
}
