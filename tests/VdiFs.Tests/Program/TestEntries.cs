using VdiFs.Disks;
using VdiFs.Formats;
using VdiFs.Formats.Allocation;

namespace VdiFs.Tests.Program;

/// <summary>Disks for trees that are never mounted.</summary>
internal static class TestEntries
{
    public static readonly DateTimeOffset Time = new(2026, 1, 31, 2, 0, 0, TimeSpan.Zero);

    /// <summary>A disk whose uuid follows from its number.</summary>
    public static DiskEntry Entry(int number, string name, IDisk disk, AllocationMap map, bool knowsLength = true) =>
        new(
            name,
            "test:" + name,
            new DiskIdentity(new Guid(number, 0, 0, new byte[8]), Time),
            knowsLength ? disk.Length : null,
            _ => Task.FromResult(new OpenedSource(disk, map, AllocationOrigin.BlockStatus, () => SourceStatus.Local)));
}
