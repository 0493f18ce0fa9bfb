using Microsoft.Win32.SafeHandles;
using VdiFs.EndToEnd.Harness;
using VdiFs.Formats.Allocation;

namespace VdiFs.Judges.Disks;

/// <summary>A disk some time later: some granules written anew, some given back, some said to have changed and
/// equal.</summary>
internal sealed record ChangedDisk(JudgedDisk Disk, AllocationMap Changed)
{
    // Of every so many granules: one of each kind of change.
    private const int Period = 11;

    // The largest pieces that deltas are made of (2 MiB): of every three, two stay as they are.
    private const int GranulesPerPiece = 32;
    private const int PiecePeriod = 3;

    /// <summary>Whether something of the earlier disk is in pieces of which nothing has changed.</summary>
    /// <param name="earlier">What the earlier disk holds.</param>
    /// <param name="pieceBytes">Of how many bytes the delta's pieces are.</param>
    public bool LetsThrough(AllocationMap earlier, int pieceBytes)
    {
        AllocationMap before = earlier.Coarsen(pieceBytes);
        AllocationMap changed = Changed.Coarsen(pieceBytes);
        for (long piece = before.NextAllocated(0); piece < before.GranuleCount; piece = before.NextAllocated(piece + 1))
        {
            if (!changed.IsAllocated(piece))
            {
                return true;
            }
        }

        return false;
    }

    public static ChangedDisk After(Bench bench, JudgedDisk disk)
    {
        string path = Path.Combine(bench.NewDirectory("later"), "later.img");
        Command.Ok("cp", "--sparse=always", disk.RawPath!, path);
        AllocationMapBuilder changed = new(disk.Length, AllocationMap.DefaultGranuleBytes);
        long granules = (disk.Length + AllocationMap.DefaultGranuleBytes - 1) / AllocationMap.DefaultGranuleBytes;
        using (SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Write))
        {
            for (long granule = 0; granule < granules; granule++)
            {
                long start = granule * AllocationMap.DefaultGranuleBytes;
                int length = (int)Math.Min(AllocationMap.DefaultGranuleBytes, disk.Length - start);
                if (Change(file, path, granule, start, length))
                {
                    changed.Mark(start, length);
                }
            }
        }

        return new ChangedDisk(JudgedDisk.InFile(bench, path), changed.Build());
    }

    /// <summary>Whether the granule is said to have changed.</summary>
    private static bool Change(SafeFileHandle file, string path, long granule, long start, int length)
    {
        if (granule / GranulesPerPiece % PiecePeriod != 0)
        {
            return false;
        }

        switch (granule % Period)
        {
            case 0:
                byte[] bytes = new byte[length];
                new Random((int)granule + 1).NextBytes(bytes);
                RandomAccess.Write(file, bytes, start);
                return true;
            case 3:
                Command.Ok("fallocate", "--punch-hole", "-o", $"{start}", "-l", $"{length}", path);
                return true;
            case 7:
                return true;
            default:
                return false;
        }
    }
}
