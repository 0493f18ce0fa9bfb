using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;
using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>Readers with habits of their own: mapped memory, many at once, any order.</summary>
public sealed class ReaderTests : EndToEndTest
{
    private const string SnapshotTime = "2026-01-02T03:04:05Z";

    [Fact]
    public void A_mapped_file_has_the_disks_bytes()
    {
        string disk = DiskImage.RandomHoles(Bench, (16L << 20) + 1536, 51);
        VdifsMount mount = VdifsMount.Start(Bench, Nbdkit.File(Bench, disk).Uri);
        byte[] expected = File.ReadAllBytes(disk);

        using MemoryMappedFile mapped = MemoryMappedFile.CreateFromFile(
            File.OpenHandle(mount.File("disk.raw")), null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None,
            leaveOpen: false);
        using MemoryMappedViewAccessor view = mapped.CreateViewAccessor(
            0, expected.Length, MemoryMappedFileAccess.Read);
        byte[] actual = new byte[expected.Length];
        view.ReadArray(0, actual, 0, actual.Length);

        Assert.True(expected.AsSpan().SequenceEqual(actual));
    }

    [Fact]
    public async Task Parallel_random_readers_of_three_formats_through_a_tiny_cache_get_the_right_bytes()
    {
        string disk = DiskImage.RandomHoles(Bench, (48L << 20) + 512, 52);
        NbdServer server = Nbdkit.File(Bench, disk);
        string[] files = ["disk.raw", "disk.vhd", "disk.vmdk"];
        string copies = Bench.NewDirectory("copies");
        VdifsMount first = VdifsMount.Start(Bench, server.Uri, "--snapshot-time", SnapshotTime);
        Command.Ok("cp", [.. files.Select(file => first.File(file)), copies]);
        first.Unmount();

        VdifsMount mount = VdifsMount.Start(Bench, server.Uri, "--snapshot-time", SnapshotTime, "--cache-size", "4M");
        await Task.WhenAll(Enumerable.Range(0, 9).Select(reader => Task.Factory.StartNew(
            () => AssertRandomReads(Path.Combine(copies, files[reader % 3]), mount.File(files[reader % 3]), reader),
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
    }

    [Fact]
    public void Reading_backwards_gives_the_right_bytes()
    {
        string disk = DiskImage.RandomHoles(Bench, (20L << 20) + 512, 53);
        VdifsMount mount = VdifsMount.Start(Bench, Nbdkit.File(Bench, disk).Uri, "--cache-size", "4M");
        byte[] expected = File.ReadAllBytes(disk);
        byte[] piece = new byte[100_000];

        using SafeFileHandle file = File.OpenHandle(mount.File("disk.raw"));
        for (long offset = expected.Length - piece.Length; offset >= 0; offset -= piece.Length)
        {
            Assert.Equal(piece.Length, RandomAccess.Read(file, piece, offset));
            Assert.True(expected.AsSpan((int)offset, piece.Length).SequenceEqual(piece), $"wrong bytes at {offset}");
        }
    }

    [Fact]
    public void A_read_across_the_end_is_cut_there_and_one_beyond_is_empty()
    {
        string disk = DiskImage.Full(Bench, (1L << 20) + 700);
        VdifsMount mount = VdifsMount.Start(Bench, Nbdkit.File(Bench, disk).Uri);

        using SafeFileHandle file = File.OpenHandle(mount.File("disk.raw"));
        byte[] piece = new byte[4096];

        Assert.Equal(700, RandomAccess.Read(file, piece, 1L << 20));
        Assert.Equal(0, RandomAccess.Read(file, piece, (1L << 20) + 700));
        Assert.Equal(0, RandomAccess.Read(file, piece, 1L << 40));
    }

    private static void AssertRandomReads(string expectedPath, string actualPath, int seed)
    {
        Random random = new(seed);
        using SafeFileHandle expectedFile = File.OpenHandle(expectedPath);
        using SafeFileHandle actualFile = File.OpenHandle(actualPath);
        long size = RandomAccess.GetLength(expectedFile);
        Assert.Equal(size, RandomAccess.GetLength(actualFile));
        byte[] expected = new byte[600_000];
        byte[] actual = new byte[600_000];
        for (int round = 0; round < 120; round++)
        {
            long offset = random.NextInt64(size);
            int length = random.Next(1, expected.Length);
            int count = RandomAccess.Read(expectedFile, expected.AsSpan(0, length), offset);
            Assert.Equal(count, RandomAccess.Read(actualFile, actual.AsSpan(0, length), offset));
            Assert.True(
                expected.AsSpan(0, count).SequenceEqual(actual.AsSpan(0, count)),
                $"wrong bytes in {actualPath} at {offset}, length {length}, reader {seed}");
        }
    }
}
