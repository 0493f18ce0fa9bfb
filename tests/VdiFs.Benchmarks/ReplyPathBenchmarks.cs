using BenchmarkDotNet.Attributes;
using VdiFs.Disks.Cache;
using VdiFs.Fuse;
using VdiFs.Fuse.Device;

namespace VdiFs.Benchmarks;

/// <summary>What a cached read costs from the look-up of its blocks to the end of its one writev, into a device that
/// takes everything and copies nothing: all but the kernel's part.</summary>
public class ReplyPathBenchmarks : IDisposable
{
    private const long DiskBytes = 64L << 20;
    private const int ReadAhead = 128 << 10;
    private const int Longest = 1 << 20;
    private const int Sector = 512;

    private readonly BlockCache _cache = new(2 * DiskBytes);
    private readonly FuseReadReply _reply = new();
    private readonly FuseDevice _device =
        new(File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite));

    private CachedDisk _disk = null!;
    private ulong _unique;

    [GlobalSetup]
    public void Fill()
    {
        _disk = new CachedDisk(new ZeroDisk(DiskBytes), _cache, CancellationToken.None);
        for (long offset = 0; offset < DiskBytes; offset += Longest)
        {
            _disk.Prefetch(offset, Longest);
        }

        _disk.DrainAsync().Wait();
        if (!Lend(ReadAhead) || !Lend(Longest))
        {
            throw new InvalidOperationException("the disk is not cached");
        }
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _device.Dispose();
        _cache.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public bool Reply_128_KiB_of_a_disk() => Lend(ReadAhead);

    [Benchmark]
    public bool Reply_1_MiB_of_a_disk() => Lend(Longest);

    [Benchmark]
    public Errno Reply_1_MiB_of_zeros()
    {
        _reply.AppendZeros(Longest);
        return Send();
    }

    /// <summary>As of a dynamic VHD: a sector bitmap, bytes of the disk, zeros.</summary>
    [Benchmark]
    public Errno Reply_of_metadata_disk_and_zeros()
    {
        _reply.AppendGenerated(Sector).Fill(byte.MaxValue);
        _disk.TryLend(0, ReadAhead - Sector, new Borrower(_reply));
        _reply.AppendZeros(ReadAhead);
        return Send();
    }

    private bool Lend(int length) =>
        _disk.TryLend((long)(_unique * Longest % DiskBytes), length, new Borrower(_reply)) && Send() == Errno.None;

    private Errno Send()
    {
        (nint segments, int count) = _reply.Seal(++_unique);
        Errno error = _device.Write(segments, count);
        _reply.Reset();
        return error;
    }

    private readonly struct Borrower(FuseReadReply reply) : IBlockBorrower
    {
        public void Borrow(nint address, int length, CacheBlock lease) => reply.Append(address, length, lease);
    }
}
