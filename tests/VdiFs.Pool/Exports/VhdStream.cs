using System.Buffers.Binary;
using System.Text;
using VdiFs.Pool.Content;
using VdiFs.Pool.Nbd;

namespace VdiFs.Pool.Exports;

/// <summary>A VHD as vhd-tool streams it (xen-api: ocaml/libs/vhd/vhd_format/f.ml, vhd_common).</summary>
/// <param name="device">The disk.</param>
/// <param name="length">The size to announce; bytes past the disk's end are zeros.</param>
/// <param name="granules">The data blocks to send, ascending.</param>
/// <param name="baseUuid">Uuid of the VDI that it is a difference to; null for a whole disk.</param>
internal sealed class VhdStream(NbdDevice device, long length, IReadOnlyList<long> granules, string? baseUuid)
{
    internal const int BlockBytes = VdiContent.VhdGranuleBytes;

    private const int SectorBytes = 512;
    private const int FooterBytes = 512;
    private const int HeaderBytes = 1024;
    private const int TableOffset = 2048;
    private const int LocatorOffset = 1536;
    private const uint MacX = 0x4D616358;

    internal async Task WriteAsync(ExportBody body, CancellationToken cancellationToken)
    {
        byte[] table = Table();
        byte[] footer = Footer();
        body.ExpectedBytes = TableOffset + table.Length + (granules.Count * (long)(SectorBytes + BlockBytes))
            + FooterBytes;
        await body.WriteAsync(footer, cancellationToken);
        await body.WriteAsync(Header(), cancellationToken);
        // The parent locator points here, and yet the stream has zeros.
        await body.WriteAsync(new byte[SectorBytes], cancellationToken);
        await body.WriteAsync(table, cancellationToken);
        byte[] block = new byte[SectorBytes + BlockBytes];
        block.AsSpan(0, SectorBytes).Fill(0xFF);
        foreach (long granule in granules)
        {
            await DeviceReader.ReadPaddedAsync(
                device, granule * BlockBytes, block.AsMemory(SectorBytes), cancellationToken);
            await body.WriteAsync(block, cancellationToken);
        }

        await body.WriteAsync(footer, cancellationToken);
    }

    private static void WriteChecksum(byte[] structure, int at)
    {
        uint sum = 0;
        foreach (byte one in structure)
        {
            sum += one;
        }

        BinaryPrimitives.WriteUInt32BigEndian(structure.AsSpan(at), ~sum);
    }

    // The specification's CHS calculation.
    private static uint Geometry(long bytes)
    {
        long sectors = Math.Min(bytes / SectorBytes, 65535L * 16 * 255);
        long heads = 16;
        long perTrack = sectors >= 65535L * 16 * 63 ? 255 : 17;
        if (perTrack == 17)
        {
            heads = Math.Max(4, ((sectors / 17) + 1023) / 1024);
            if (sectors / 17 >= heads * 1024 || heads > 16)
            {
                (perTrack, heads) = (sectors / 31 < 16 * 1024 ? 31 : 63, 16);
            }
        }

        return (uint)((sectors / perTrack / heads) << 16 | heads << 8 | perTrack);
    }

    private byte[] Footer()
    {
        byte[] footer = new byte[FooterBytes];
        "conectix"u8.CopyTo(footer);
        BinaryPrimitives.WriteUInt32BigEndian(footer.AsSpan(8), 2);
        BinaryPrimitives.WriteUInt32BigEndian(footer.AsSpan(12), 0x00010000);
        BinaryPrimitives.WriteUInt64BigEndian(footer.AsSpan(16), FooterBytes);
        "caml"u8.CopyTo(footer.AsSpan(28));
        BinaryPrimitives.WriteUInt32BigEndian(footer.AsSpan(32), 1);
        BinaryPrimitives.WriteInt64BigEndian(footer.AsSpan(40), length);
        BinaryPrimitives.WriteInt64BigEndian(footer.AsSpan(48), length);
        BinaryPrimitives.WriteUInt32BigEndian(footer.AsSpan(56), Geometry(length));
        BinaryPrimitives.WriteUInt32BigEndian(footer.AsSpan(60), baseUuid is null ? 3u : 4u);
        // Another one for every stream: two exports of one disk are never equal.
        Guid.NewGuid().TryWriteBytes(footer.AsSpan(68), bigEndian: true, out _);
        WriteChecksum(footer, 64);
        return footer;
    }

    private byte[] Header()
    {
        byte[] header = new byte[HeaderBytes];
        "cxsparse"u8.CopyTo(header);
        header.AsSpan(8, 8).Fill(0xFF);
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(16), TableOffset);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(24), 0x00010000);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(28), (uint)BlockCount());
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(32), BlockBytes);
        if (baseUuid is not null)
        {
            WriteParent(header, baseUuid);
        }

        WriteChecksum(header, 36);
        return header;
    }

    private static void WriteParent(byte[] header, string uuid)
    {
        string name = uuid + ".vhd";
        new Guid(uuid).TryWriteBytes(header.AsSpan(40), bigEndian: true, out _);
        Encoding.BigEndianUnicode.GetBytes(name, header.AsSpan(64, 512));
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(576), MacX);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(580), SectorBytes);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(584), (uint)("file://./" + name).Length);
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(592), LocatorOffset);
    }

    private byte[] Table()
    {
        long bytes = BlockCount() * sizeof(uint);
        byte[] table = new byte[(bytes + SectorBytes - 1) / SectorBytes * SectorBytes];
        table.AsSpan().Fill(0xFF);
        long sector = (TableOffset + table.Length) / SectorBytes;
        foreach (long granule in granules)
        {
            BinaryPrimitives.WriteUInt32BigEndian(table.AsSpan((int)granule * sizeof(uint)), (uint)sector);
            sector += 1 + (BlockBytes / SectorBytes);
        }

        return table;
    }

    private long BlockCount() => (length + BlockBytes - 1) / BlockBytes;
}
