using CsCheck;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using Xunit;

namespace VdiFs.Tests.Disks;

/// <summary>Exactly the reads that touch a bad sector fail.</summary>
public sealed class BadSectorTests
{
    private const int Block = CacheBlock.SizeBytes;
    private const int Sector = 512;

    [Fact]
    public async Task A_read_fails_if_and_only_if_it_touches_a_bad_sector()
    {
        const int Sectors = 20 * Block / Sector;
        Gen<(HashSet<long> Bad, (int Start, int Length)[] Reads)> cases =
            from bad in Gen.Int[0, Sectors - 1].HashSet[0, 6]
            from reads in Gen.Select(Gen.Int[0, (Sectors * Sector) - 1], Gen.Int[1, 300_000]).Array[1, 20]
            select (bad.Select(sector => (long)sector).ToHashSet(), reads);
        await cases.SampleAsync(async @case =>
        {
            var source = new PatternDisk(Sectors * Sector);
            source.BadSectors.UnionWith(@case.Bad);
            using var cache = new BlockCache(BlockCache.MinimumCapacityBytes);
            var disk = new CachedDisk(source, cache, CancellationToken.None);
            foreach ((int start, int wanted) in @case.Reads)
            {
                int length = Math.Min(wanted, (Sectors * Sector) - start);
                bool isBad = @case.Bad.Any(bad => bad * Sector < start + length && (bad + 1) * Sector > start);
                var borrower = new CopyingBorrower();
                Exception? error = await Record.ExceptionAsync(
                    async () => await disk.LendAsync(start, length, borrower, CancellationToken.None));
                Assert.Equal(isBad, error is DiskException { Kind: DiskErrorKind.ReadFailed });
                Assert.True(isBad || PatternDisk.Slice(start, length).AsSpan().SequenceEqual(borrower.Bytes));
            }

            await disk.DrainAsync();
            await MemoryAccount.AssertSettledAsync(cache);
        }, iter: 100);
    }

    [Fact]
    public async Task The_other_sectors_of_a_damaged_block_are_asked_for_alone_until_it_is_forgotten()
    {
        var time = new ManualTime();
        var source = new PatternDisk(Block * 4);
        source.BadSectors.Add(1);
        using BlockCache cache = CacheWith(time);
        var disk = new CachedDisk(source, cache, CancellationToken.None);
        await ReadAsync(disk, 0, Sector);
        await ReadAsync(disk, 4096, 4096);
        Assert.Equal([(0, Block), (0, Sector), (4096L, 4096L)], source.Reads);

        source.BadSectors.Clear();
        time.Advance(DamagedBlocks.Lifetime);
        await ReadAsync(disk, 4096, 4096);
        await ReadAsync(disk, 0, Block);
        Assert.Equal((0, Block), source.Reads[^1]);
        Assert.Equal(4, source.Reads.Count);
    }

    [Fact]
    public async Task An_error_is_asked_for_anew_by_every_read()
    {
        var source = new PatternDisk(Block);
        source.BadSectors.Add(1);
        using BlockCache cache = CacheWith(new ManualTime());
        var disk = new CachedDisk(source, cache, CancellationToken.None);
        await Assert.ThrowsAsync<DiskException>(() => ReadAsync(disk, Sector, Sector));
        await Assert.ThrowsAsync<DiskException>(() => ReadAsync(disk, Sector, Sector));
        source.BadSectors.Clear();
        await ReadAsync(disk, Sector, Sector);
    }

    [Fact]
    public async Task Read_ahead_goes_around_a_damaged_block()
    {
        var source = new PatternDisk(Block * 8);
        source.BadSectors.Add(3 * Block / Sector);
        using BlockCache cache = CacheWith(new ManualTime());
        var disk = new CachedDisk(source, cache, CancellationToken.None);
        await Assert.ThrowsAsync<DiskException>(() => ReadAsync(disk, 3 * Block, Sector));
        Assert.True(disk.Prefetch(0, 8 * Block));
        await disk.DrainAsync();
        Assert.True(disk.TryLend(0, 3 * Block, new CopyingBorrower()));
        Assert.True(disk.TryLend(4 * Block, 4 * Block, new CopyingBorrower()));
    }

    [Fact]
    public void Damaged_blocks_are_remembered_up_to_a_number()
    {
        var damaged = new DamagedBlocks(new ManualTime());
        for (long block = 0; block <= DamagedBlocks.MaximumCount; block++)
        {
            damaged.Add(block);
        }

        Assert.False(damaged.Contains(0));
        Assert.True(damaged.Contains(1));
        Assert.True(damaged.Contains(DamagedBlocks.MaximumCount));
    }

    private static BlockCache CacheWith(TimeProvider time) =>
        new(new BlockCacheOptions { CapacityBytes = BlockCache.MinimumCapacityBytes, TimeProvider = time });

    private static async Task ReadAsync(CachedDisk disk, long diskOffset, int length)
    {
        var borrower = new CopyingBorrower();
        await disk.LendAsync(diskOffset, length, borrower, CancellationToken.None);
        Assert.Equal(PatternDisk.Slice(diskOffset, length), borrower.Bytes);
    }
}
