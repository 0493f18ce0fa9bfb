using System.Buffers.Binary;
using System.Text;

namespace VdiFs.Tests.Formats.Models;

/// <summary>
/// Writes a streamOptimized VMDK front to back, straight from the technical note: grains as they come, each group with
/// its table behind it, the directory and the footer at the end.
/// </summary>
internal static class StreamVmdkModel
{
    private const int Grain = 65536;
    private const int GrainsPerTable = 512;

    internal static byte[] Write(TestDisk disk, string descriptor)
    {
        byte[] content = ImageModel.WholeSectors(disk);
        int grains = (content.Length + Grain - 1) / Grain;
        int tables = (grains + GrainsPerTable - 1) / GrainsPerTable;
        uint[] directory = new uint[(tables + 127) / 128 * 128];
        using MemoryStream file = new();
        file.Write(Header(content.Length / 512, directoryOffset: -1));
        file.Write(Encoding.ASCII.GetBytes(descriptor));
        file.SetLength(128 * 512);
        file.Position = file.Length;
        for (int table = 0; table < tables; table++)
        {
            uint[] entries = new uint[GrainsPerTable];
            for (int entry = 0; entry < GrainsPerTable; entry++)
            {
                int start = (table * GrainsPerTable + entry) * Grain;
                if (start < content.Length && disk.IsAnyAllocated(start, Grain))
                {
                    entries[entry] = (uint)(file.Position / 512);
                    byte[] grain = new byte[Grain];
                    content.AsSpan(start, Math.Min(Grain, content.Length - start)).CopyTo(grain);
                    WriteGrain(file, start / 512, grain);
                }
            }

            if (entries.Any(entry => entry != 0))
            {
                file.Write(Marker(sectors: 4, type: 1));
                directory[table] = (uint)(file.Position / 512);
                file.Write(Bytes(entries));
            }
        }

        file.Write(Marker(directory.Length / 128, type: 2));
        long directorySector = file.Position / 512;
        file.Write(Bytes(directory));
        file.Write(Marker(sectors: 1, type: 3));
        file.Write(Header(content.Length / 512, directorySector));
        file.Write(new byte[512]);
        return file.ToArray();
    }

    private static void WriteGrain(MemoryStream file, long sector, byte[] grain)
    {
        uint low = 1;
        uint high = 0;
        foreach (byte value in grain)
        {
            low = (low + value) % 65521;
            high = (high + low) % 65521;
        }

        byte[] adler = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(adler, high << 16 | low);
        byte[] stored = [0x00, 0x80, 0xFF, 0x7F];
        byte[] stream =
            [0x78, 0x01, 0, .. stored, .. grain[..32768], 1, .. stored, .. grain[32768..], .. adler];
        file.Write(BitConverter.GetBytes(sector));
        file.Write(BitConverter.GetBytes(stream.Length));
        file.Write(stream);
        file.Write(new byte[(512 - (int)(file.Position % 512)) % 512]);
    }

    private static byte[] Header(long capacity, long directoryOffset)
    {
        byte[] header = new byte[512];
        "KDMV"u8.CopyTo(header);
        header[4] = 3;
        // Newline test; compressed grains; markers.
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), 0x30001);
        long[] fields = [capacity, 128, 1, 20];
        for (int index = 0; index < fields.Length; index++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(12 + index * 8), fields[index]);
        }

        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(44), GrainsPerTable);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(56), directoryOffset);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(64), 128);
        "\n \r\n"u8.CopyTo(header.AsSpan(73));
        header[77] = 1;
        return header;
    }

    private static byte[] Marker(long sectors, int type)
    {
        byte[] marker = new byte[512];
        BinaryPrimitives.WriteInt64LittleEndian(marker, sectors);
        BinaryPrimitives.WriteInt32LittleEndian(marker.AsSpan(12), type);
        return marker;
    }

    private static byte[] Bytes(uint[] entries)
    {
        byte[] bytes = new byte[entries.Length * 4];
        foreach ((int index, uint entry) in entries.Index())
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(index * 4), entry);
        }

        return bytes;
    }
}
