using VdiFs.Pool.Content;
using VdiFs.Pool.State;
using VdiFs.Tests.Pool.Harness;
using Xunit;

namespace VdiFs.Tests.Pool.Exports;

public sealed class Qcow2ExportTests
{
    private const long Mebi = 1L << 20;
    private const long Cluster = 64 * 1024;

    [Fact]
    public async Task A_qcow2_disk_is_sent_with_the_clusters_its_chain_has()
    {
        await using PoolBench bench = new();
        VdiContent disk = Disk(VdiImage.Qcow2);
        disk.Write(0, new byte[1]);
        Qcow2Reading file = await ReadAsync(bench, disk);
        Assert.Equal(disk.Length, file.Length);
        Assert.Equal([0, 16, 17, 9000], file.Clusters);
        Assert.Equal(await ClusterAsync(disk, 17), file.Data(17));
        Assert.Equal(await ClusterAsync(disk, 9000), file.Data(9000));
    }

    [Theory]
    [InlineData(VdiImage.Raw)]
    [InlineData(VdiImage.Vhd)]
    public async Task Another_disk_is_read_whole_and_sent_with_the_clusters_that_are_not_zero(VdiImage image)
    {
        await using PoolBench bench = new();
        VdiContent disk = Disk(image);
        disk.Write(0, new byte[1]);
        Qcow2Reading file = await ReadAsync(bench, disk);
        Assert.Equal([16, 17, 9000], file.Clusters);
        Assert.Equal(await ClusterAsync(disk, 16), file.Data(16));
    }

    [Fact]
    public async Task A_difference_has_what_was_written_since_its_base()
    {
        await using PoolBench bench = new();
        VdiContent disk = Disk(VdiImage.Qcow2);
        VdiObject baseVdi = bench.AddVdi(disk.Snapshot());
        disk.Write(100 * Cluster, [1]);
        ExportReply reply = await ExportBench.ExportAsync(bench, bench.AddVdi(disk), "qcow2", baseVdi);
        Assert.Equal([100], new Qcow2Reading(reply.Body).Clusters);
    }

    [Fact]
    public async Task Terabytes_that_are_sparse_are_sent()
    {
        await using PoolBench bench = new();
        SeededSource source = new(4, [new ByteRange(0, Mebi), new ByteRange(3L << 40, Mebi)]);
        VdiContent disk = new(4L << 40, VdiImage.Qcow2, source);
        Qcow2Reading file = await ReadAsync(bench, disk);
        Assert.Equal(4L << 40, file.Length);
        Assert.Equal(disk.AllocatedGranules(), file.Clusters);
    }

    // 700 MiB: more than one second-level table.
    private static VdiContent Disk(VdiImage image) => new(
        (700 * Mebi) + 512,
        image,
        new SeededSource(4, [new ByteRange(Mebi, 2 * Cluster), new ByteRange((9000 * Cluster) + 512, 512)]));

    private static async Task<byte[]> ClusterAsync(VdiContent disk, long cluster)
    {
        byte[] bytes = new byte[Cluster];
        await disk.ReadAsync(cluster * Cluster, bytes, TestContext.Current.CancellationToken);
        return bytes;
    }

    private static async Task<Qcow2Reading> ReadAsync(PoolBench bench, VdiContent disk) =>
        new((await ExportBench.ExportAsync(bench, bench.AddVdi(disk), "qcow2")).Body);
}
