using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.Peers.Racing;

namespace VdiFs.Peers.Disks;

/// <summary>
/// A disk as file systems use it: two fifths of it in runs of 64 KiB to 16 MiB, half noise and half text. The same size
/// gives the same bytes.
/// </summary>
internal static class UsedDisk
{
    // What file systems allocate in, and what a page of tmpfs is.
    private const int Unit = 4096;
    private const long ShortestRun = 64L << 10;
    private const int RunDoublings = 8;
    private const double AllocatedShare = 0.4;
    private const int PieceBytes = 1 << 20;

    /// <summary>The disk of most races.</summary>
    public static DiskFile Of(Course course) => course.Disk("used.img", (bench, name) =>
        Make(bench, name, course.Options.SizeBytes));

    /// <summary>The disk behind slow links: a quarter of the other.</summary>
    public static DiskFile QuarterOf(Course course) => course.Disk("quarter.img", (bench, name) =>
        Make(bench, name, course.Options.SizeBytes / 4));

    private static DiskFile Make(Bench bench, string name, long size)
    {
        const int Seed = 20;
        Random random = new(Seed);
        string path = DiskImage.Empty(bench, size, name);
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
        byte[] piece = new byte[PieceBytes];
        long allocated = 0;
        long offset = 0;
        while (offset < size)
        {
            long run = Math.Min(size - offset, RunLength(random));
            Write(file, offset, run, piece, isText: random.Next(2) == 0, random);
            allocated += run;
            offset += run + (long)(run * (1 - AllocatedShare) / AllocatedShare / Unit) * Unit;
        }

        return new DiskFile(path, size, allocated);
    }

    private static long RunLength(Random random) =>
        (long)(ShortestRun * Math.Pow(2, random.NextDouble() * RunDoublings) / Unit) * Unit;

    private static void Write(SafeFileHandle file, long start, long length, byte[] piece, bool isText, Random random)
    {
        for (long done = 0; done < length; done += piece.Length)
        {
            Span<byte> data = piece.AsSpan(0, (int)Math.Min(piece.Length, length - done));
            if (isText)
            {
                data.Fill((byte)'a');
                WriteOffsets(data, start + done);
            }
            else
            {
                random.NextBytes(data);
            }

            RandomAccess.Write(file, data, start + done);
        }
    }

    // No two pages are alike, so a page in the wrong place is found.
    private static void WriteOffsets(Span<byte> data, long offset)
    {
        for (int place = 0; place < data.Length; place += Unit)
        {
            BinaryPrimitives.WriteInt64LittleEndian(data[place..], offset + place);
        }
    }
}
