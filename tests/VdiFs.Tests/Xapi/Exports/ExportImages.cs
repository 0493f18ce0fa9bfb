using System.Buffers.Binary;

namespace VdiFs.Tests.Xapi.Exports;

/// <summary>Heads of exports as XAPI writes them, built from their specifications and not from the readers.</summary>
internal static class ExportImages
{
    public const int VhdBlockBytes = 2 * 1024 * 1024;
    public const int Qcow2ClusterBytes = 64 * 1024;

    /// <summary>Footer, header, a zero sector, the table; the data blocks of the stream are left out.</summary>
    public static byte[] Vhd(long diskBytes, params int[] allocated)
    {
        int entries = (int)((diskBytes + VhdBlockBytes - 1) / VhdBlockBytes);
        int tableBytes = ((entries * 4) + 511) / 512 * 512;
        byte[] image = new byte[2048 + tableBytes];
        Span<byte> footer = image.AsSpan(0, 512);
        "conectix"u8.CopyTo(footer);
        BinaryPrimitives.WriteUInt32BigEndian(footer[8..], 2);
        BinaryPrimitives.WriteUInt32BigEndian(footer[12..], 0x10000);
        BinaryPrimitives.WriteInt64BigEndian(footer[16..], 512);
        "caml"u8.CopyTo(footer[28..]);
        BinaryPrimitives.WriteInt64BigEndian(footer[40..], diskBytes);
        BinaryPrimitives.WriteInt64BigEndian(footer[48..], diskBytes);
        BinaryPrimitives.WriteUInt32BigEndian(footer[60..], 3);
        footer[68..84].Fill(0x5A);
        Span<byte> header = image.AsSpan(512, 1024);
        "cxsparse"u8.CopyTo(header);
        header[8..16].Fill(0xFF);
        BinaryPrimitives.WriteInt64BigEndian(header[16..], 2048);
        BinaryPrimitives.WriteUInt32BigEndian(header[24..], 0x10000);
        BinaryPrimitives.WriteInt32BigEndian(header[28..], entries);
        BinaryPrimitives.WriteInt32BigEndian(header[32..], VhdBlockBytes);
        Span<byte> table = image.AsSpan(2048);
        table.Fill(0xFF);
        uint sector = (uint)(image.Length / 512);
        foreach (int index in allocated)
        {
            BinaryPrimitives.WriteUInt32BigEndian(table[(index * 4)..], sector);
            sector += 1 + (VhdBlockBytes / 512);
        }

        Sign(image);
        return image;
    }

    /// <summary>Writes both checksums anew.</summary>
    public static void Sign(byte[] vhd)
    {
        Sign(vhd.AsSpan(0, 512), 64);
        Sign(vhd.AsSpan(512, 1024), 36);
    }

    /// <summary>Header, one refcount table and block, L1, L2 tables; the data clusters are left out.</summary>
    public static byte[] Qcow2(long diskBytes, params int[] allocated)
    {
        int perTable = Qcow2ClusterBytes / 8;
        int l1Entries = (int)(
            (diskBytes + ((long)perTable * Qcow2ClusterBytes) - 1) / ((long)perTable * Qcow2ClusterBytes));
        int[] tables = [.. allocated.Select(cluster => cluster / perTable).Distinct()];
        byte[] image = new byte[(4 + tables.Length) * Qcow2ClusterBytes];
        BinaryPrimitives.WriteUInt32BigEndian(image, 0x514649FB);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(4), 3);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(20), 16);
        BinaryPrimitives.WriteInt64BigEndian(image.AsSpan(24), diskBytes);
        BinaryPrimitives.WriteInt32BigEndian(image.AsSpan(36), l1Entries);
        BinaryPrimitives.WriteInt64BigEndian(image.AsSpan(40), 3 * Qcow2ClusterBytes);
        BinaryPrimitives.WriteInt64BigEndian(image.AsSpan(48), Qcow2ClusterBytes);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(56), 1);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(96), 4);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(100), 104);
        const ulong Copied = 1UL << 63;
        for (int i = 0; i < tables.Length; i++)
        {
            ulong offset = (ulong)(4 + i) * Qcow2ClusterBytes;
            BinaryPrimitives.WriteUInt64BigEndian(
                image.AsSpan((3 * Qcow2ClusterBytes) + (tables[i] * 8)), offset | Copied);
        }

        ulong data = (ulong)image.Length;
        foreach (int cluster in allocated)
        {
            int table = 4 + Array.IndexOf(tables, cluster / perTable);
            int at = (table * Qcow2ClusterBytes) + (cluster % perTable * 8);
            BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(at), data | Copied);
            data += Qcow2ClusterBytes;
        }

        return image;
    }

    private static void Sign(Span<byte> record, int at)
    {
        record.Slice(at, 4).Clear();
        uint sum = 0;
        foreach (byte value in record)
        {
            sum += value;
        }

        BinaryPrimitives.WriteUInt32BigEndian(record[at..], ~sum);
    }
}
