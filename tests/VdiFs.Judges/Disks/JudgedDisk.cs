using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.Formats.Allocation;

namespace VdiFs.Judges.Disks;

/// <summary>A disk whose every byte is known, against which images of it are held.</summary>
internal sealed class JudgedDisk
{
    /// <summary>Longer disks are judged by samples: reading them to the end takes some readers hours.</summary>
    private const long LongestReadWhole = 1L << 30;

    private const int RandomSamples = 6;

    private JudgedDisk(string source, string exportName, string? rawPath, string? sectorsPath, long length)
    {
        Source = source;
        ExportName = exportName;
        RawPath = rawPath;
        SectorsPath = sectorsPath;
        Length = length;
    }

    /// <summary>Bytes that a sample has at most.</summary>
    public static int SampleBytes => 1 << 20;

    /// <summary>What `vdifs mount` is given.</summary>
    public string Source { get; }

    /// <summary>The folder in the mount.</summary>
    public string ExportName { get; }

    /// <summary>The bytes as a sparse file; null for a disk that is computed (<see cref="Pattern"/>).</summary>
    public string? RawPath { get; }

    /// <summary>As <see cref="RawPath"/>, with zeros up to a whole sector: what all images but raw hold.</summary>
    public string? SectorsPath { get; }

    public long Length { get; }

    /// <summary>Bytes in whole sectors.</summary>
    public long SectorsLength => (Length + 511) / 512 * 512;

    /// <summary>Whether it has a partition table.</summary>
    public bool HasPartitions { get; private init; }

    public bool IsReadWhole => RawPath is not null && Length <= LongestReadWhole;

    /// <summary>A disk in a sparse file.</summary>
    public static JudgedDisk InFile(Bench bench, string path)
    {
        string name = Path.GetFileName(path);
        string sectors = DiskImage.PaddedToSectors(bench, path, $"{name}.padded");
        return new JudgedDisk(path, name, path, sectors, new FileInfo(path).Length);
    }

    /// <summary>A disk of any size without a hole: every 8 bytes are their own disk offset, big-endian.</summary>
    public static JudgedDisk Pattern(string source, long length) => new(source, "default", null, null, length);

    /// <summary>The same disk, of which it is known that it has a partition table.</summary>
    public JudgedDisk WithPartitions() =>
        new(Source, ExportName, RawPath, SectorsPath, Length) { HasPartitions = true };

    /// <summary>Where to look into a long disk: both ends, the middle, the borders of data, and by chance.</summary>
    public IReadOnlyList<long> SampleOffsets()
    {
        long last = (Length - 1) / SampleBytes * SampleBytes;
        List<long> offsets = [0, last / 2, last];
        if (RawPath is not null)
        {
            offsets.AddRange(DataMap.Of(RawPath).SelectMany(run => new[] { run.Start, run.End - 1, run.End }));
        }

        Random random = new(Length.GetHashCode());
        offsets.AddRange(Enumerable.Range(0, RandomSamples).Select(_ => random.NextInt64(last + 1)));
        return [.. offsets.Select(offset => Math.Min(offset, last) / SampleBytes * SampleBytes).Distinct().Order()];
    }

    /// <summary>The bytes from an offset on, up to <see cref="SampleBytes"/>, with zeros up to a whole
    /// sector.</summary>
    public byte[] ReadSample(long diskOffset)
    {
        byte[] bytes = new byte[Math.Min(SampleBytes, SectorsLength - diskOffset)];
        if (RawPath is null)
        {
            for (int index = 0; index < bytes.Length; index += sizeof(long))
            {
                BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(index), diskOffset + index);
            }

            return bytes;
        }

        using SafeFileHandle file = File.OpenHandle(RawPath);
        RandomAccess.Read(file, bytes, diskOffset);
        return bytes;
    }

    /// <summary>Which granules hold data, as the file's holes tell.</summary>
    public AllocationMap Map()
    {
        AllocationMapBuilder builder = new(Length, AllocationMap.DefaultGranuleBytes);
        foreach ((long start, long end) in DataMap.Of(RawPath!))
        {
            builder.Mark(start, end - start);
        }

        return builder.Build();
    }
}
