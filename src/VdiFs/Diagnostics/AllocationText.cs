using VdiFs.Disks;

namespace VdiFs.Diagnostics;

/// <summary>Says in words where a disk's allocation is known from.</summary>
internal static class AllocationText
{
    public const string NotLookedAt = "not looked at yet";

    public static string Of(OpenDisk disk) =>
        disk.OriginNote is { } note ? $"{Of(disk.Origin)} ({note})" : Of(disk.Origin);

    private static string Of(AllocationOrigin origin) => origin switch
    {
        AllocationOrigin.BlockStatus => "block status (base:allocation)",
        AllocationOrigin.FileHoles => "holes of the file",
        // Kept from an earlier mount or not: info.json reads the same.
        AllocationOrigin.ExportHeader or AllocationOrigin.Kept => "tables of the pool's export",
        AllocationOrigin.Costly =>
            "not asked for: the host would read the whole disk; done when a packed file is needed",
        AllocationOrigin.Failed => "not told by the pool: asked for again when a packed file is needed",
        AllocationOrigin.Contradicted =>
            "not believed: block status calls bytes zero that are not, so files are fully allocated",
        _ => "unknown: the source does not tell, so files are fully allocated",
    };
}
