using VdiFs.Disks;

namespace VdiFs.Diagnostics;

/// <summary>Says in words where a disk's allocation is known from.</summary>
internal static class AllocationText
{
    public const string NotLookedAt = "not looked at yet";

    public static string Of(AllocationOrigin origin) => origin switch
    {
        AllocationOrigin.BlockStatus => "block status (base:allocation)",
        AllocationOrigin.FileHoles => "holes of the file",
        AllocationOrigin.Contradicted =>
            "not believed: block status calls bytes zero that are not, so files are fully allocated",
        _ => "unknown: the source does not tell, so files are fully allocated",
    };
}
