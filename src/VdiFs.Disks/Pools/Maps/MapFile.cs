using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using VdiFs.Formats.Allocation;

namespace VdiFs.Disks.Pools.Maps;

/// <summary>
/// A kept map as bytes: magic, version, key, granule, runs of allocated granules (start and count), SHA-256 of all
/// that. Little-endian. Anything that is not exactly that is no map.
/// </summary>
internal static class MapFile
{
    /// <summary>A file holds no more: a map of so many runs is asked for again instead.</summary>
    public const int MaximumBytes = 32 * 1024 * 1024;

    private const int Version = 1;
    private const int UuidOffset = 12;
    private const int LengthOffset = 28;
    private const int UsedOffset = 36;
    private const int TimeOffset = 44;
    private const int GranuleOffset = 52;
    private const int RunCountOffset = 56;
    private const int HeaderBytes = 60;
    private const int RunBytes = 16;
    private const int MaximumRuns = (MaximumBytes - HeaderBytes - SHA256.HashSizeInBytes) / RunBytes;

    private static ReadOnlySpan<byte> Magic => "VDIFSMAP"u8;

    /// <summary>Writes a map; null when it has too many runs.</summary>
    public static byte[]? Write(MapKey key, AllocationMap map)
    {
        List<(long Start, long Count)> runs = [];
        for (long start = map.NextAllocated(0); start < map.GranuleCount;)
        {
            long end = map.NextUnallocated(start);
            runs.Add((start, end - start));
            start = map.NextAllocated(end);
            if (runs.Count > MaximumRuns)
            {
                return null;
            }
        }

        int hashed = HeaderBytes + (runs.Count * RunBytes);
        byte[] file = new byte[hashed + SHA256.HashSizeInBytes];
        WriteHeader(file, key, map.GranuleBytes, runs.Count);
        for (int i = 0; i < runs.Count; i++)
        {
            Span<byte> run = file.AsSpan(HeaderBytes + (i * RunBytes), RunBytes);
            BinaryPrimitives.WriteInt64LittleEndian(run, runs[i].Start);
            BinaryPrimitives.WriteInt64LittleEndian(run[8..], runs[i].Count);
        }

        SHA256.HashData(file.AsSpan(0, hashed), file.AsSpan(hashed));
        return file;
    }

    /// <summary>Reads a map; null for a damaged file, another version's, or the map of something else.</summary>
    public static AllocationMap? Read(ReadOnlySpan<byte> file, MapKey key)
    {
        int hashed = file.Length - SHA256.HashSizeInBytes;
        if (hashed < HeaderBytes
            || !SHA256.HashData(file[..hashed]).AsSpan().SequenceEqual(file[hashed..]))
        {
            return null;
        }

        int granuleBytes = BinaryPrimitives.ReadInt32LittleEndian(file[GranuleOffset..]);
        int count = BinaryPrimitives.ReadInt32LittleEndian(file[RunCountOffset..]);
        if (count < 0
            || count > MaximumRuns
            || hashed != HeaderBytes + (count * RunBytes)
            || granuleBytes < AllocationMap.MinGranuleBytes
            || !BitOperations.IsPow2(granuleBytes)
            || (key.DiskLength - 1) / granuleBytes >= AllocationMap.MaxGranuleCount)
        {
            return null;
        }

        // The header must be just what would be written for this key: magic, version and all.
        Span<byte> expected = stackalloc byte[HeaderBytes];
        WriteHeader(expected, key, granuleBytes, count);
        return expected.SequenceEqual(file[..HeaderBytes])
            ? ReadRuns(file[HeaderBytes..hashed], key.DiskLength, granuleBytes)
            : null;
    }

    private static AllocationMap? ReadRuns(ReadOnlySpan<byte> runs, long diskLength, int granuleBytes)
    {
        AllocationMapBuilder builder = new(diskLength, granuleBytes);
        long granules = ((diskLength - 1) / granuleBytes) + 1;
        long previousEnd = 0;
        for (; runs.Length > 0; runs = runs[RunBytes..])
        {
            long start = BinaryPrimitives.ReadInt64LittleEndian(runs);
            long count = BinaryPrimitives.ReadInt64LittleEndian(runs[8..]);
            if (start < previousEnd || start >= granules || count < 1 || count > granules - start)
            {
                return null;
            }

            long offset = start * granuleBytes;
            builder.Mark(offset, Math.Min(count * granuleBytes, diskLength - offset));
            previousEnd = start + count;
        }

        return builder.Build();
    }

    private static void WriteHeader(Span<byte> header, MapKey key, int granuleBytes, int runs)
    {
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[Magic.Length..], Version);
        key.Uuid.TryWriteBytes(header[UuidOffset..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64LittleEndian(header[LengthOffset..], key.DiskLength);
        BinaryPrimitives.WriteInt64LittleEndian(header[UsedOffset..], key.UsedBytes);
        BinaryPrimitives.WriteInt64LittleEndian(header[TimeOffset..], key.SnapshotTime.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt32LittleEndian(header[GranuleOffset..], granuleBytes);
        BinaryPrimitives.WriteInt32LittleEndian(header[RunCountOffset..], runs);
    }
}
