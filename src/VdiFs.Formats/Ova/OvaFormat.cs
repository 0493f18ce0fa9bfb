using VdiFs.Formats.Allocation;
using VdiFs.Formats.Vmdk;

namespace VdiFs.Formats.Ova;

/// <summary>A virtual appliance of a machine with this one disk. What else the machine has nobody knows: it gets what is
/// usual, to be changed when it is imported.</summary>
internal sealed class OvaFormat : ImageFormat
{
    private const int ProcessorCount = 1;
    private const long MemoryBytes = 2L << 30;

    private static readonly VmdkStreamFormat MemberFormat = new();

    /// <inheritdoc/>
    public override string Name => "ova";

    /// <inheritdoc/>
    public override bool IsListedByDefault => false;

    /// <inheritdoc/>
    public override bool IsPacked => true;

    private protected override long MaxDiskLength => 64 * 1024 * BytesPerGibibyte;

    private protected override long MinDiskLength => 1;

    private protected override string? RefusalForAllocation(AllocationMap map) => MemberFormat.RefusalFor(map);

    private protected override ImageLayout LayOut(DiskIdentity identity, AllocationMap map) =>
        OvaLayout.Create(new MachineDescription(
            "disk",
            identity.SnapshotTime,
            ProcessorCount,
            MemoryBytes,
            MachineFirmware.Bios,
            [new MachineDisk("disk", identity, map)]));
}
