using System.Globalization;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.Peers.Disks;

/// <summary>A folder of small empty disks, each an export.</summary>
internal static class ManyFiles
{
    private const long EachBytes = 1 << 20;

    public static DiskFile Make(Bench bench, string name, int count)
    {
        string folder = bench.NewDirectory(name);
        for (int number = 0; number < count; number++)
        {
            using FileStream file = File.Create(
                Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"disk{number:D5}")));
            file.SetLength(EachBytes);
        }

        return new DiskFile(folder, count * EachBytes, Allocated: 0);
    }
}
