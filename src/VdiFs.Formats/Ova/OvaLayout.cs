using System.Text;
using VdiFs.Formats.Engine;
using VdiFs.Formats.Tar;
using VdiFs.Formats.Vmdk;

namespace VdiFs.Formats.Ova;

/// <summary>
/// A virtual appliance (DMTF DSP0243, Open Virtualization Format 1.1, OVA): a tar archive of the descriptor and, in the
/// order of its references, a streamOptimized VMDK per disk. There is no manifest: its hashes are known only when all
/// disks have been read, and importers take an appliance without one.
/// </summary>
public static class OvaLayout
{
    // Ids must differ from those of disk.stream.vmdk: VirtualBox refuses a medium whose uuid it has already.
    private const string FormatName = "ova";

    private static readonly VmdkStreamFormat MemberFormat = new();

    /// <summary>Why the machine cannot be shown as an appliance, as one sentence with the limit; null when it
    /// can.</summary>
    public static string? RefusalFor(MachineDescription machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(machine.ProcessorCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(machine.MemoryBytes);
        return machine.Disks.Count > OvfHardware.MaxDisks
            ? $"The machine has {machine.Disks.Count} disks: an appliance has controllers for {OvfHardware.MaxDisks}."
            : machine.Disks.Select(Refusal).FirstOrDefault(refusal => refusal is not null);
    }

    /// <summary>The archive. Bytes of its disks are located by <see cref="Segment.Disk"/>, the place in
    /// <see cref="MachineDescription.Disks"/>. Equal arguments give equal bytes.</summary>
    /// <exception cref="ImageFormatException">The machine is refused (<see cref="RefusalFor"/>).</exception>
    public static ImageLayout Create(MachineDescription machine)
    {
        if (RefusalFor(machine) is { } refusal)
        {
            throw new ImageFormatException(ImageFormatErrorKind.DiskTooLarge, refusal);
        }

        string name = OvfNames.BaseName(machine.Name);
        List<OvfDisk> files = [];
        List<Region> members = [];
        foreach (MachineDisk disk in machine.Disks)
        {
            string fileName = OvfNames.DiskFile(name, files.Count);
            RegionLayout layout = VmdkStreamLayout.Create(
                disk.Map,
                VmdkDescriptor.OfSparse(
                    disk.Identity, FormatName, VmdkCreateType.Stream, disk.Map.DiskLength, fileName));
            members.Add(Header(machine, fileName, layout.Length));
            members.Add(new EmbeddedRegion(layout, files.Count));
            files.Add(new OvfDisk(disk.Name, fileName, layout.Length, disk.Map));
        }

        byte[] descriptor = Encoding.UTF8.GetBytes(OvfDocument.Create(machine, name, files));
        return new RegionLayout(
        [
            Header(machine, OvfNames.DescriptorFile(name), descriptor.Length),
            new ConstantRegion(descriptor),
            new ZeroRegion(TarHeader.PaddedLength(descriptor.Length) - descriptor.Length),
            .. members, // whole sectors, and so whole blocks of the archive
            new ZeroRegion(TarHeader.EndBytes),
        ]);
    }

    private static string? Refusal(MachineDisk disk) =>
        MemberFormat.RefusalFor(disk.Map) is { } refusal ? $"Disk \"{disk.Name}\": {refusal}" : null;

    private static ConstantRegion Header(MachineDescription machine, string fileName, long length)
    {
        byte[] header = new byte[TarHeader.Size];
        new TarHeader(Encoding.ASCII.GetBytes(fileName), length, TarHeader.TimeOf(machine.SnapshotTime)).Write(header);
        return new ConstantRegion(header);
    }
}
