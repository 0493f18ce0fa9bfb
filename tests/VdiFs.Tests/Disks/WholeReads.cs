using VdiFs.Disks.Cache;
using VdiFs.Disks.ReadAhead;

namespace VdiFs.Tests.Disks;

/// <summary>A read of one range from its beginning to its end, as most tests need it.</summary>
internal static class WholeReads
{
    public static async ValueTask LendAsync<TBorrower>(
        this CachedDisk disk, long diskOffset, int length, TBorrower borrower, CancellationToken cancellationToken)
        where TBorrower : IBlockBorrower
    {
        using DiskRead read =
            await disk.BeginReadAsync(DiskRead.CountBlocks(diskOffset, length), cancellationToken);
        read.Start(diskOffset, length);
        await read.LendAsync(diskOffset, length, borrower, cancellationToken);
    }

    public static async ValueTask LendAsync<TBorrower>(
        this ReadAheadDisk disk, long diskOffset, int length, TBorrower borrower, CancellationToken cancellationToken)
        where TBorrower : IBlockBorrower
    {
        using DiskRead read =
            await disk.BeginReadAsync(DiskRead.CountBlocks(diskOffset, length), cancellationToken);
        disk.Start(read, diskOffset, length);
        await read.LendAsync(diskOffset, length, borrower, cancellationToken);
    }
}
