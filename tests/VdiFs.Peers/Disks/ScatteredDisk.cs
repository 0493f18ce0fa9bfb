using Microsoft.Win32.SafeHandles;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.Peers.Racing;

namespace VdiFs.Peers.Disks;

/// <summary>2 TiB with a page of data in each of 100,000 places.</summary>
internal static class ScatteredDisk
{
    private const long Size = 2L << 40;
    private const int Extents = 100_000;
    private const int PageBytes = 4096;

    public static DiskFile Of(Course course) => course.Disk("scattered.img", (bench, name) =>
    {
        string path = DiskImage.Empty(bench, Size, name);
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
        byte[] page = new byte[PageBytes];
        Array.Fill(page, (byte)1);
        for (int extent = 0; extent < Extents; extent++)
        {
            BitConverter.TryWriteBytes(page, extent);
            RandomAccess.Write(file, page, Size / Extents / PageBytes * PageBytes * extent);
        }

        return new DiskFile(path, Size, (long)Extents * PageBytes);
    });
}
