using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace VdiFs.Tests.Formats.Vmdk;

/// <summary>A streamOptimized VMDK as other tools write them, its grains really compressed; of one grain table.
/// </summary>
internal static class CompressedVmdk
{
    internal const int FirstGrain = 128 * 512;

    private const int Grain = 65536;

    /// <summary>Whether the last grain is filled up is a matter of taste.</summary>
    internal static byte[] Write(TestDisk disk, bool isLastPadded)
    {
        byte[] content = [.. disk.Content, .. new byte[(512 - disk.Content.Length % 512) % 512]];
        using MemoryStream file = new();
        byte[] header = Header(content.Length / 512, ulong.MaxValue);
        file.Write(header);
        file.Write(Encoding.ASCII.GetBytes(
            $"# Disk DescriptorFile\nversion=1\nCID=0badcafe\nparentCID=ffffffff\ncreateType=\"streamOptimized\"\n\n"
            + $"RW {content.Length / 512} SPARSE \"other.vmdk\"\n"));
        file.SetLength(FirstGrain);
        file.Position = FirstGrain;
        byte[] table = new byte[2048];
        for (int grain = 0; grain * Grain < content.Length; grain++)
        {
            int length = Math.Min(Grain, content.Length - grain * Grain);
            if (disk.IsAnyAllocated(grain * Grain, length))
            {
                BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(grain * 4), (int)(file.Position / 512));
                byte[] bytes = new byte[isLastPadded ? Grain : length];
                content.AsSpan(grain * Grain, length).CopyTo(bytes);
                WriteGrain(file, grain, bytes);
            }
        }

        long tableSector = WriteMarked(file, 1, table);
        byte[] directory = new byte[512];
        BinaryPrimitives.WriteInt64LittleEndian(directory, tableSector);
        long directorySector = WriteMarked(file, 2, directory);
        WriteMarked(file, 3, Header(content.Length / 512, (ulong)directorySector));
        file.Write(new byte[512]);
        return file.ToArray();
    }

    private static void WriteGrain(MemoryStream file, int grain, byte[] bytes)
    {
        using MemoryStream compressed = new();
        using (ZLibStream zlib = new(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(bytes);
        }

        byte[] front = new byte[12];
        BinaryPrimitives.WriteInt64LittleEndian(front, grain * 128L);
        BinaryPrimitives.WriteInt32LittleEndian(front.AsSpan(8), (int)compressed.Length);
        file.Write(front);
        file.Write(compressed.ToArray());
        FillSector(file);
    }

    /// <summary>Returns the sector behind the marker.</summary>
    private static long WriteMarked(MemoryStream file, int type, byte[] bytes)
    {
        byte[] marker = new byte[512];
        BinaryPrimitives.WriteInt64LittleEndian(marker, bytes.Length / 512);
        marker[12] = (byte)type;
        file.Write(marker);
        long sector = file.Position / 512;
        file.Write(bytes);
        return sector;
    }

    private static void FillSector(MemoryStream file) =>
        file.Write(new byte[(512 - file.Position % 512) % 512]);

    private static byte[] Header(long capacity, ulong directory)
    {
        byte[] header = new byte[512];
        "KDMV\u0003\0\0\0\u0001\0\u0003\0"u8.CopyTo(header);
        ulong[] fields = [(ulong)capacity, 128, 1, 20];
        for (int field = 0; field < fields.Length; field++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(12 + field * 8), fields[field]);
        }

        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(44), 512);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(56), directory);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(64), 128);
        "\n \r\n\u0001"u8.CopyTo(header.AsSpan(73));
        return header;
    }
}
