using System.Buffers.Binary;
using System.IO.Compression;

namespace VdiFs.Tests.Formats.Qcow2;

/// <summary>
/// Writes QCOW2 images as others do: header, refcount table, one refcount block, data from the disk's end to its start,
/// compressed clusters one behind the other, L2 tables, L1 table.
/// </summary>
internal sealed class ForeignQcow2
{
    internal int Version { get; init; } = 3;

    internal int ClusterBits { get; init; } = 12;

    internal int RefcountOrder { get; init; } = 4;

    /// <summary>Of each cluster: s stored, c compressed, z zero, Z zero with a place, - nothing.</summary>
    internal required string Kinds { get; init; }

    private int Cluster => 1 << ClusterBits;

    internal byte[] Write(byte[] disk)
    {
        int perTable = Cluster / 8;
        int tables = (Kinds.Length + perTable - 1) / perTable;
        byte[] file = new byte[3 * Cluster];
        int[] counts = new int[Cluster * 8 >> RefcountOrder];
        ulong[] entries = new ulong[tables * perTable];
        for (int cluster = Kinds.Length - 1; cluster >= 0; cluster--)
        {
            byte[] content = disk[(cluster * Cluster)..((cluster + 1) * Cluster)];
            entries[cluster] = Kinds[cluster] switch
            {
                's' => (uint)Append(ref file, content) | 1UL << 63,
                'Z' => (uint)Append(ref file, content) | 1UL << 63 | 1,
                'z' => 1,
                _ => 0,
            };
        }

        Compress(ref file, disk, entries, counts);
        ulong[] l1 = new ulong[tables];
        for (int table = 0; table < tables; table++)
        {
            byte[] ofTable = Bytes(entries[(table * perTable)..((table + 1) * perTable)]);
            l1[table] = (uint)Append(ref file, ofTable) | 1UL << 63;
        }

        int l1Offset = Append(ref file, Bytes(l1));
        WriteHeader(file, disk.Length, tables, l1Offset);
        BinaryPrimitives.WriteInt64BigEndian(file.AsSpan(Cluster), 2 * Cluster);
        // Whatever is there and not compressed is there once.
        for (int cluster = 0; cluster < file.Length / Cluster; cluster++)
        {
            WriteCount(file, cluster, counts[cluster] == 0 ? 1 : counts[cluster]);
        }

        return file;
    }

    private void Compress(ref byte[] file, byte[] disk, ulong[] entries, int[] counts)
    {
        int end = file.Length;
        for (int cluster = 0; cluster < Kinds.Length; cluster++)
        {
            if (Kinds[cluster] == 'c')
            {
                using MemoryStream packed = new();
                using (DeflateStream deflate = new(packed, CompressionLevel.Optimal))
                {
                    deflate.Write(disk, cluster * Cluster, Cluster);
                }

                byte[] bytes = packed.ToArray();
                int last = end + bytes.Length - 1;
                ulong moreSectors = (uint)(last / 512 - end / 512);
                entries[cluster] = 1UL << 62 | (uint)end | moreSectors << (70 - ClusterBits);
                // Counted by whole sectors.
                for (int host = end / Cluster; host <= (last / 512 * 512 + 511) / Cluster; host++)
                {
                    counts[host]++;
                }

                Array.Resize(ref file, (last / Cluster + 1) * Cluster);
                bytes.CopyTo(file, end);
                end += bytes.Length;
            }
        }
    }

    private void WriteHeader(byte[] file, int diskLength, int tables, int l1Offset)
    {
        uint[] words =
        [
            0x514649FB, (uint)Version, 0, 0, 0, (uint)ClusterBits, 0, (uint)diskLength, 0, (uint)tables,
            0, (uint)l1Offset, 0, (uint)Cluster, 1, 0, 0, 0,
        ];
        uint[] more = Version == 3 ? [0, 0, 0, 0, 0, 0, (uint)RefcountOrder, 104] : [];
        foreach ((int index, uint word) in words.Concat(more).Index())
        {
            BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(index * 4), word);
        }
    }

    private void WriteCount(byte[] file, int cluster, int count)
    {
        int bits = 1 << RefcountOrder;
        int start = 2 * Cluster + cluster * bits / 8;
        if (bits < 8)
        {
            file[start] |= (byte)(count << (cluster * bits % 8));
            return;
        }

        for (int index = bits / 8 - 1; index >= 0 && count > 0; index--)
        {
            file[start + index] = (byte)count;
            count >>= 8;
        }
    }

    private int Append(ref byte[] file, byte[] content)
    {
        int offset = file.Length;
        Array.Resize(ref file, offset + (content.Length + Cluster - 1) / Cluster * Cluster);
        content.CopyTo(file, offset);
        return offset;
    }

    private static byte[] Bytes(ulong[] entries)
    {
        byte[] bytes = new byte[entries.Length * 8];
        foreach ((int index, ulong entry) in entries.Index())
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(index * 8), entry);
        }

        return bytes;
    }
}
