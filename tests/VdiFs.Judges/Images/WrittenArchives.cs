using VdiFs.EndToEnd.Harness;
using VdiFs.Formats.Ova;
using VdiFs.Formats.Xva;
using VdiFs.Judges.Disks;

namespace VdiFs.Judges.Images;

/// <summary>Whole machines in one file: the disk, and the same disk some time later as the second one.</summary>
internal static class WrittenArchives
{
    /// <summary>What an archive of one machine is called.</summary>
    public const string Appliance = "ova";

    /// <summary>What a pool's export of one machine is called.</summary>
    public const string Export = "xva";

    private const string FirstReference = "Ref:4";
    private const string SecondReference = "Ref:12";

    private static readonly DateTimeOffset SnapshotTime = new(2026, 3, 2, 4, 5, 6, TimeSpan.Zero);

    public static IEnumerable<JudgedImage> Of(Bench bench, JudgedDisk disk, JudgedDisk later)
    {
        var machine = new MachineDescription(
            "Web & mail <1>", SnapshotTime, ProcessorCount: 2, MemoryBytes: 3L << 30, MachineFirmware.Uefi,
            [
                new MachineDisk("root", WrittenDeltas.First, disk.Map()),
                new MachineDisk("data", WrittenDeltas.Second, later.Map()),
            ]);
        string path = Path.Combine(bench.NewDirectory(Appliance), "machine.ova");
        LayoutFile.Write(OvaLayout.Create(machine), path, disk, later);
        yield return new JudgedImage(Appliance, path, disk) { SecondDisk = later };

        XvaDisk[] disks = [new XvaDisk(FirstReference, disk.Map()), new XvaDisk(SecondReference, later.Map())];
        if (XvaLayout.RefusalFor(disks) is null)
        {
            path = Path.Combine(bench.NewDirectory(Export), "machine.xva");
            LayoutFile.Write(XvaLayout.Create("<value/>"u8, disks, SnapshotTime), path, disk, later);
            yield return new JudgedImage(Export, path, disk) { SecondDisk = later };
        }
    }

    /// <summary>The disks in an export, by the names of their folders.</summary>
    public static IEnumerable<(string Reference, JudgedDisk Disk)> DisksOf(JudgedImage export)
    {
        yield return (FirstReference, export.Disk);
        yield return (SecondReference, export.SecondDisk!);
    }
}
