namespace VdiFs.Formats.Ova;

/// <summary>A virtual machine as an appliance describes it.</summary>
/// <param name="Name">What people call it; any text.</param>
/// <param name="SnapshotTime">The instant whose content is shown.</param>
/// <param name="ProcessorCount">1 or more.</param>
/// <param name="MemoryBytes">1 or more; told in whole MiB, rounded up.</param>
/// <param name="Firmware">What starts it.</param>
/// <param name="Disks">In the order in which the machine has them.</param>
public sealed record MachineDescription(
    string Name,
    DateTimeOffset SnapshotTime,
    int ProcessorCount,
    long MemoryBytes,
    MachineFirmware Firmware,
    IReadOnlyList<MachineDisk> Disks);
