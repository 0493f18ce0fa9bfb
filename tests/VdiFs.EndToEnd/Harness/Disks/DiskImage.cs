using Microsoft.Win32.SafeHandles;

namespace VdiFs.EndToEnd.Harness.Disks;

/// <summary>Makes raw disk images: the same arguments give the same bytes.</summary>
internal static class DiskImage
{
    private const long Sector = 512;

    /// <summary>A disk of zeros, one hole.</summary>
    public static string Empty(Bench bench, long size, string name = "disk.img")
    {
        string path = bench.PathOf(name);
        using FileStream file = File.Create(path);
        file.SetLength(size);
        return path;
    }

    /// <summary>A disk without a hole; no sector repeats.</summary>
    public static string Full(Bench bench, long size, string name = "disk.img") =>
        WithData(bench, size, [(0, size)], name);

    /// <summary>A disk of holes with the given runs of data, clipped at its end.</summary>
    public static string WithData(
        Bench bench, long size, IEnumerable<(long Start, long Length)> runs, string name = "disk.img")
    {
        string path = Empty(bench, size, name);
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
        byte[] piece = new byte[1 << 20];
        foreach ((long start, long length) in runs)
        {
            long end = Math.Min(start + length, size);
            for (long offset = start; offset < end; offset += piece.Length)
            {
                Span<byte> data = piece.AsSpan(0, (int)Math.Min(piece.Length, end - offset));
                new Random(unchecked((int)(offset / Sector) + 17)).NextBytes(data);
                RandomAccess.Write(file, data, offset);
            }
        }

        return path;
    }

    /// <summary>
    /// Runs of data of odd lengths at odd places, about a third of the disk, some crossing 64 KiB and 2 MiB borders;
    /// and the last byte is always data.
    /// </summary>
    public static string RandomHoles(Bench bench, long size, int seed, string name = "disk.img")
    {
        Random random = new(seed);
        List<(long Start, long Length)> runs = [];
        long offset = random.NextInt64(1 << 18);
        while (offset < size)
        {
            long length = 1 + random.NextInt64(1 << random.Next(1, 21));
            runs.Add((offset, length));
            offset += length + random.NextInt64(1 << random.Next(10, 23));
        }

        runs.Add((size - 1, 1));
        return WithData(bench, size, runs, name);
    }

    /// <summary>The disk padded with zeros to whole sectors, as image formats hold it; the disk itself if it needs no
    /// padding.</summary>
    public static string PaddedToSectors(Bench bench, string image, string name = "padded.img")
    {
        long size = new FileInfo(image).Length;
        long padded = (size + Sector - 1) / Sector * Sector;
        if (padded == size)
        {
            return image;
        }

        string copy = bench.PathOf(name);
        Command.Ok("cp", "--sparse=always", image, copy);
        Command.Ok("truncate", "-s", $"{padded}", copy);
        return copy;
    }
}
