using System.Buffers.Binary;
using System.Text;
using VdiFs.Formats;

namespace VdiFs.Tests.Formats.Models;

/// <summary>
/// Writes VHDXs of small disks front to back, from [MS-VHDX]: one chunk of blocks of 2 MiB. Shares no code with the
/// product.
/// </summary>
internal static class VhdxModel
{
    private const string Format = "vhdx";
    private const int Kibibyte = 1024;
    private const int Mebibyte = 1024 * 1024;
    private const int Block = 2 * Mebibyte;

    // 2^23 sectors of 512 bytes in blocks of 2 MiB.
    private const int ChunkRatio = 2048;

    internal static byte[] Write(TestDisk disk) => Write(disk, disk.IsAnyAllocated, locator: null);

    internal static byte[] WriteDelta(TestDelta delta, string parentName) =>
        Write(delta.Child, delta.IsAnyChanged, Locator(DataWriteGuid(delta.Parent.Identity), parentName));

    private static byte[] Write(TestDisk disk, Func<int, int, bool> isStored, byte[]? locator)
    {
        byte[] content = ImageModel.WholeSectors(disk);
        Guid dataWrite = DataWriteGuid(disk.Identity);
        int blocks = (content.Length + Block - 1) / Block;
        bool[] stored = [.. Enumerable.Range(0, blocks).Select(block => isStored(block * Block, Block))];
        bool hasBitmap = locator is not null && stored.Contains(true);
        int firstPayload = 4 * Mebibyte + (hasBitmap ? Mebibyte : 0);
        byte[] file = new byte[firstPayload + stored.Count(isHere => isHere) * Block];

        "vhdxfilev\0d\0i\0f\0s\0"u8.CopyTo(file);
        WriteHeader(file.AsSpan(64 * Kibibyte, 4096), 1, dataWrite);
        WriteHeader(file.AsSpan(128 * Kibibyte, 4096), 2, dataWrite);
        WriteRegionTable(file.AsSpan(192 * Kibibyte, 64 * Kibibyte));
        WriteRegionTable(file.AsSpan(256 * Kibibyte, 64 * Kibibyte));
        WriteMetadata(file.AsSpan(2 * Mebibyte, Mebibyte), content.Length, dataWrite, locator);

        int place = firstPayload;
        for (int block = 0; block < blocks; block++)
        {
            Span<byte> entry = file.AsSpan(3 * Mebibyte + block * 8, 8);
            if (!stored[block])
            {
                // A full image says that it is zeros, a delta that the parent has it.
                entry[0] = locator is null ? (byte)2 : (byte)0;
                continue;
            }

            Entry(entry, locator is null ? 6u : 7u, place);
            content.AsSpan(block * Block, Math.Min(Block, content.Length - block * Block)).CopyTo(file.AsSpan(place));
            place += Block;
            if (hasBitmap)
            {
                // 4096 sectors.
                file.AsSpan(4 * Mebibyte + block * 512, 512).Fill(0xFF);
            }
        }

        if (hasBitmap)
        {
            Entry(file.AsSpan(3 * Mebibyte + ChunkRatio * 8, 8), 6, 4 * Mebibyte);
        }

        return file;
    }

    private static Guid DataWriteGuid(DiskIdentity identity) => ImageModel.HashedUuid(identity, Format, "data");

    /// <summary>The others are hashes of that one.</summary>
    private static Guid OtherGuid(Guid dataWrite, string role) =>
        ImageModel.HashedUuid(new DiskIdentity(dataWrite, DateTimeOffset.UnixEpoch), Format, role);

    private static void Entry(Span<byte> entry, uint state, int place) =>
        BinaryPrimitives.WriteUInt64LittleEndian(entry, state | (ulong)(place / Mebibyte) << 20);

    private static void WriteHeader(Span<byte> header, ulong sequence, Guid dataWrite)
    {
        "head"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], sequence);
        OtherGuid(dataWrite, "file").ToByteArray().CopyTo(header[16..]);
        dataWrite.ToByteArray().CopyTo(header[32..]);
        // No log to replay: its GUID and version are 0.
        header[66] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(header[68..], Mebibyte);
        BinaryPrimitives.WriteUInt64LittleEndian(header[72..], Mebibyte);
        Seal(header);
    }

    private static void WriteRegionTable(Span<byte> table)
    {
        "regi"u8.CopyTo(table);
        table[8] = 2;
        WriteRegion(table[16..], "8B7CA206-4790-4B9A-B8FE-575F050F886E", 2 * Mebibyte);
        WriteRegion(table[48..], "2DC27766-F623-4200-9D64-115E9BFD4A08", 3 * Mebibyte);
        Seal(table);
    }

    private static void WriteRegion(Span<byte> entry, string id, ulong place)
    {
        Guid.Parse(id).ToByteArray().CopyTo(entry);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], place);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[24..], Mebibyte);
        entry[28] = 1;
    }

    private static void WriteMetadata(Span<byte> region, int diskBytes, Guid dataWrite, byte[]? locator)
    {
        List<(string Id, uint Flags, byte[] Value)> items =
        [
            ("CAA16737-FA36-4D43-B3B6-33F0AA44E76B", 4, [.. Number(Block), .. Number(locator is null ? 0 : 2)]),
            ("2FA54224-CD1B-4876-B211-5DBED83BF4B8", 6, [.. Number(diskBytes), .. Number(0)]),
            ("BECA12AB-B2E6-4523-93EF-C309E000C746", 6, OtherGuid(dataWrite, "disk").ToByteArray()),
            ("8141BF1D-A96F-4709-BA47-F233A8FAAB5F", 6, Number(512)),
            ("CDA348C7-445D-4471-9CC9-E9885251C556", 6, Number(4096)),
        ];
        if (locator is not null)
        {
            items.Add(("A8D35F2D-B30B-454D-ABF7-D3D84834AB0C", 4, locator));
        }

        "metadata"u8.CopyTo(region);
        region[10] = (byte)items.Count;
        int place = 64 * Kibibyte;
        for (int index = 0; index < items.Count; index++)
        {
            (string id, uint flags, byte[] value) = items[index];
            Span<byte> entry = region.Slice(32 + index * 32, 32);
            Guid.Parse(id).ToByteArray().CopyTo(entry);
            BinaryPrimitives.WriteInt32LittleEndian(entry[16..], place);
            BinaryPrimitives.WriteInt32LittleEndian(entry[20..], value.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[24..], flags);
            value.CopyTo(region[place..]);
            place += value.Length;
        }
    }

    private static byte[] Locator(Guid parentDataWrite, string parentName)
    {
        byte[][] texts =
        [
            Encoding.Unicode.GetBytes("parent_linkage"),
            Encoding.Unicode.GetBytes("{" + parentDataWrite + "}"),
            Encoding.Unicode.GetBytes("relative_path"),
            Encoding.Unicode.GetBytes(".\\" + parentName),
        ];
        int[] starts = [.. Enumerable.Range(0, 4).Select(text => 44 + texts.Take(text).Sum(bytes => bytes.Length))];
        return
        [
            .. Guid.Parse("B04AEFB7-D19E-4A81-B789-25B8E9445913").ToByteArray(),
            0, 0, 2, 0,
            .. Number(starts[0]), .. Number(starts[1]), (byte)texts[0].Length, 0, (byte)texts[1].Length, 0,
            .. Number(starts[2]), .. Number(starts[3]), (byte)texts[2].Length, 0, (byte)texts[3].Length, 0,
            .. texts.SelectMany(text => text),
        ];
    }

    private static byte[] Number(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    /// <summary>CRC-32C, bit by bit, over the whole record with the field itself as 0.</summary>
    private static void Seal(Span<byte> record)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in record)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : crc >> 1 ^ 0x82F63B78;
            }
        }

        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], ~crc);
    }
}
