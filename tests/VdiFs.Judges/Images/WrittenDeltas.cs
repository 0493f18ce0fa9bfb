using VdiFs.EndToEnd.Harness;
using VdiFs.Formats;
using VdiFs.Formats.Allocation;
using VdiFs.Judges.Disks;

namespace VdiFs.Judges.Images;

/// <summary>A delta of every format on top of full images, as files.</summary>
internal static class WrittenDeltas
{
    /// <summary>Whose content the disk is at first.</summary>
    public static DiskIdentity First { get; } = new(
        Guid.Parse("0b5f7a52-6f0e-4a41-9f0b-6f3b6a0d9c11"), new DateTimeOffset(2026, 3, 1, 4, 5, 6, TimeSpan.Zero));

    /// <summary>Whose content it is some time later.</summary>
    public static DiskIdentity Second { get; } = new(
        Guid.Parse("7d1c2e88-31a4-4c1e-8a37-90e1f4b55d02"), new DateTimeOffset(2026, 3, 2, 4, 5, 6, TimeSpan.Zero));

    /// <summary>The deltas between two disks.</summary>
    /// <param name="allParents">On top of every format that can be a parent, and not only of the same format.</param>
    public static IEnumerable<JudgedImage> Of(Bench bench, JudgedDisk first, ChangedDisk second, bool allParents)
    {
        AllocationMap firstMap = first.Map();
        AllocationMap secondMap = second.Disk.Map();
        foreach (ImageFormat format in ImageFormats.All.Where(format => format.HasDeltas))
        {
            foreach (ImageFormat parentFormat in ImageFormats.All)
            {
                string childName = $"child.{format.Name}";
                var parent = new ParentImage(First, first.Length, parentFormat, parentFormat.FileName)
                {
                    ChildFileName = childName,
                };
                if ((!allParents && parentFormat != format)
                    || format.RefusalForDelta(first.Length, parent) is not null)
                {
                    continue;
                }

                string directory = bench.NewDirectory($"{format.Name} on {parentFormat.Name}");
                WriteParent(directory, first, firstMap, parentFormat);
                string path = Path.Combine(directory, childName);
                LayoutFile.Write(format.CreateDelta(Second, secondMap, second.Changed, parent), path, second.Disk);
                yield return new JudgedImage(
                    format.Name, path, second.Disk,
                    new ParentFile(
                        parentFormat.Name, Path.Combine(directory, parentFormat.FileName),
                        second.LetsThrough(firstMap, PieceBytes(format))));
            }
        }
    }

    private static int PieceBytes(ImageFormat format) => format.Name switch
    {
        "vhd" or "packed.vhd" or "vhdx" => 2 << 20,
        "vdi" => 1 << 20,
        "vmdk" or "qcow2" => 64 << 10,
        string other => throw new InvalidOperationException($"of what pieces are deltas in the format {other}?"),
    };

    // With the files that are part of it: a flat VMDK is two.
    private static void WriteParent(string directory, JudgedDisk disk, AllocationMap map, ImageFormat format)
    {
        foreach (ImageFormat part in ImageFormats.All.Where(part => part.ChosenBy == format.ChosenBy))
        {
            LayoutFile.Write(part.CreateLayout(First, map), Path.Combine(directory, part.FileName), disk);
        }
    }
}
