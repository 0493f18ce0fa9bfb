using VdiFs.Disks;
using VdiFs.Formats;
using VdiFs.Formats.Allocation;
using VdiFs.Tests.Disks;

namespace VdiFs.Tests.Program;

/// <summary>Disks for trees that are never mounted.</summary>
internal static class TestEntries
{
    /// <summary>Bytes of a disk of which nothing else is said.</summary>
    public const long Length = 1 << 20;

    public static readonly DateTimeOffset Time = new(2026, 1, 31, 2, 0, 0, TimeSpan.Zero);

    /// <summary>A disk whose uuid follows from its number.</summary>
    public static DiskEntry Entry(int number, string name, IDisk disk, AllocationMap map, bool knowsLength = true) =>
        new(
            name,
            "test:" + name,
            new DiskIdentity(new Guid(number, 0, 0, new byte[8]), Time),
            knowsLength ? disk.Length : null,
            _ => Task.FromResult(new OpenedSource(disk, map, AllocationOrigin.BlockStatus, () => SourceStatus.Local)));

    /// <summary>A disk of 1 MiB, all of it data, whose uuid follows from its number.</summary>
    public static DiskEntry Entry(int number, string name) => Entry(
        number, name, new PatternDisk(Length), AllocationMap.Full(Length, AllocationMap.DefaultGranuleBytes));

    /// <summary>A disk of a pool: looking into it costs.</summary>
    /// <param name="number">Becomes its uuid.</param>
    /// <param name="opened">Told of every opening.</param>
    /// <param name="length">The length that the pool tells.</param>
    /// <param name="revision">What tells its content from that at other times.</param>
    /// <param name="usage">Told how it is used.</param>
    /// <param name="disk">Its bytes, of <see cref="Length"/>.</param>
    public static DiskEntry Costly(
        int number,
        Action? opened = null,
        long length = Length,
        string revision = "",
        IDiskUsage? usage = null,
        IDisk? disk = null)
    {
        // Data in the first granule; found out exactly only for who needs it.
        var exact = new AllocationMapBuilder(Length, AllocationMap.DefaultGranuleBytes);
        exact.Mark(0, 512);
        Task<OpenedSource> Open()
        {
            opened?.Invoke();
            return Task.FromResult(new OpenedSource(
                disk ?? new PatternDisk(Length),
                AllocationMap.Full(Length, AllocationMap.DefaultGranuleBytes),
                AllocationOrigin.None,
                () => SourceStatus.Local)
            {
                FindPackingMap = _ => Task.FromResult(exact.Build()),
            });
        }

        return new DiskEntry(
            $"disk{number}",
            $"test:disk{number}",
            new DiskIdentity(new Guid(number, 0, 0, new byte[8]), Time),
            length,
            _ => Open())
        {
            MapCosts = true,
            Revision = revision,
            Usage = usage,
        };
    }
}
