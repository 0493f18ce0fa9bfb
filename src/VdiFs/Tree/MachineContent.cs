using System.Globalization;
using System.IO.Hashing;
using System.Text;
using VdiFs.Disks.Catalogs;
using VdiFs.Formats;
using VdiFs.Formats.Ova;

namespace VdiFs.Tree;

/// <summary>A machine with its disks, as one file shows them.</summary>
/// <param name="Machine">What it is beside its disks.</param>
/// <param name="Disks">Its disks, in their order.</param>
internal sealed record MachineContent(CatalogMachine Machine, IReadOnlyList<CatalogDisk> Disks)
{
    /// <summary>The file's name, before it is made fit for a directory.</summary>
    public string FileName => $"{Machine.Name}.{MachineNode.FormatName}";

    /// <summary>Tells apart whatever would make other bytes: the same for equal ones, on every machine.</summary>
    public string Fingerprint { get; } = FingerprintOf(Machine, Disks);

    /// <summary>The machine as its file describes it.</summary>
    /// <param name="time">The instant that is shown.</param>
    /// <param name="disks">What is known of each disk by now.</param>
    public MachineDescription Describe(DateTimeOffset time, IReadOnlyList<MachineDisk> disks) => new(
        Machine.Name,
        time,
        Machine.Processors,
        Math.Max(Machine.MemoryBytes, 1),
        Machine.IsUefi ? MachineFirmware.Uefi : MachineFirmware.Bios,
        disks);

    /// <summary>Whether the disks are the very same entries.</summary>
    public bool HasDisksOf(MachineContent other) =>
        Disks.Select(disk => disk.Entry).SequenceEqual(other.Disks.Select(disk => disk.Entry));

    private static string FingerprintOf(CatalogMachine machine, IReadOnlyList<CatalogDisk> disks)
    {
        StringBuilder text = new();
        text.Append(
            CultureInfo.InvariantCulture,
            $"{ImageFormat.LayoutVersion}\n{machine.Processors}\n{machine.MemoryBytes}\n{machine.IsUefi}\n");
        text.Append(CultureInfo.InvariantCulture, $"{machine.Name.Length}\n{machine.Name}\n");
        foreach (CatalogDisk disk in disks)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"{disk.Entry.Identity.Uuid}\n{disk.Entry.Identity.SnapshotTime.UtcTicks}\n{disk.Entry.Revision}\n");
            text.Append(CultureInfo.InvariantCulture, $"{disk.Name.Length}\n{disk.Name}\n");
        }

        return Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
