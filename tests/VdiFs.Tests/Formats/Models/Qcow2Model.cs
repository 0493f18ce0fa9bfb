using System.Buffers.Binary;
using System.Text;

namespace VdiFs.Tests.Formats.Models;

/// <summary>
/// Writes QCOW2 images front to back (version 3, clusters of 64 KiB), straight from the specification. Shares no code
/// with the product.
/// </summary>
internal static class Qcow2Model
{
    private const int Cluster = 65536;
    private const int EntriesPerTable = Cluster / 8;
    private const int CountsPerCluster = Cluster / 2;
    private const ulong Copied = 1UL << 63;

    internal static byte[] Write(TestDisk disk) => Write(
        disk.Content, start => disk.IsAnyAllocated(start, Cluster), backingName: null, backingFormat: null);

    /// <summary>What differs from a backing file: every cluster that touches a changed granule.</summary>
    internal static byte[] WriteDelta(TestDelta delta, string backingName, string backingFormat)
    {
        int granule = delta.Changed.GranuleBytes;
        return Write(
            delta.Child.Content,
            start => Enumerable.Range(0, Math.Max(1, Cluster / granule))
                .Select(index => (start + (index * granule)) / granule)
                .Any(index => index < delta.Changed.GranuleCount && delta.Changed.IsAllocated(index)),
            backingName,
            backingFormat);
    }

    private static byte[] Write(
        byte[] content, Func<int, bool> isStored, string? backingName, string? backingFormat)
    {
        int clusters = (content.Length + Cluster - 1) / Cluster;
        int[] stored = [.. Enumerable.Range(0, clusters).Where(cluster => isStored(cluster * Cluster))];
        int[] tables = [.. stored.Select(cluster => cluster / EntriesPerTable).Distinct()];
        int topEntries = (clusters + EntriesPerTable - 1) / EntriesPerTable;
        int topClusters = (topEntries + EntriesPerTable - 1) / EntriesPerTable;

        // As many counts as there are clusters, those of the counts included.
        int countClusters = 0;
        int countTableClusters = 0;
        int total;
        while (true)
        {
            total = 1 + countTableClusters + countClusters + topClusters + tables.Length + stored.Length;
            int needed = (total + CountsPerCluster - 1) / CountsPerCluster;
            int neededTable = (needed + EntriesPerTable - 1) / EntriesPerTable;
            if (needed == countClusters && neededTable == countTableClusters)
            {
                break;
            }

            countClusters = needed;
            countTableClusters = neededTable;
        }

        byte[] file = new byte[total * Cluster];
        int countTable = Cluster;
        int counts = countTable + (countTableClusters * Cluster);
        int top = counts + (countClusters * Cluster);
        int second = top + (topClusters * Cluster);
        int data = second + (tables.Length * Cluster);
        WriteHeader(file, (content.Length + 511) / 512 * 512, topEntries, top, countTable, countTableClusters);
        WriteBacking(file, backingName, backingFormat);
        for (int index = 0; index < countClusters; index++)
        {
            Put64(file, countTable + (index * 8), (ulong)(counts + (index * Cluster)));
        }

        for (int cluster = 0; cluster < total; cluster++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(counts + (cluster * 2)), 1);
        }

        for (int index = 0; index < tables.Length; index++)
        {
            Put64(file, top + (tables[index] * 8), Copied | (uint)(second + (index * Cluster)));
        }

        for (int index = 0; index < stored.Length; index++)
        {
            int table = Array.IndexOf(tables, stored[index] / EntriesPerTable);
            int place = data + (index * Cluster);
            Put64(
                file, second + (table * Cluster) + (stored[index] % EntriesPerTable * 8), Copied | (uint)place);
            int start = stored[index] * Cluster;
            content.AsSpan(start, Math.Min(Cluster, content.Length - start)).CopyTo(file.AsSpan(place));
        }

        return file;
    }

    private static void WriteHeader(
        byte[] file, int size, int topEntries, int top, int countTable, int countTableClusters)
    {
        "QFI"u8.CopyTo(file);
        file[3] = 0xFB;
        Put32(file, 4, 3); // version
        Put32(file, 20, 16); // cluster_bits
        Put64(file, 24, (ulong)size);
        Put32(file, 36, topEntries); // l1_size
        Put64(file, 40, (ulong)top); // l1_table_offset
        Put64(file, 48, (ulong)countTable); // refcount_table_offset
        Put32(file, 56, countTableClusters);
        Put32(file, 96, 4); // refcount_order
        Put32(file, 100, 112); // header_length
    }

    /// <summary>The extension for the backing file's format, the end of the extensions, the name.</summary>
    private static void WriteBacking(byte[] file, string? name, string? format)
    {
        if (name is null || format is null)
        {
            return;
        }

        int offset = 112;
        Put32(file, offset, unchecked((int)0xE2792ACA));
        Put32(file, offset + 4, format.Length);
        Encoding.ASCII.GetBytes(format).CopyTo(file, offset + 8);
        offset += 8 + ((format.Length + 7) / 8 * 8);
        offset += 8;
        Put64(file, 8, (ulong)offset); // backing_file_offset
        Put32(file, 16, name.Length); // backing_file_size
        Encoding.ASCII.GetBytes(name).CopyTo(file, offset);
    }

    private static void Put32(byte[] file, int offset, int value) =>
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(offset), value);

    private static void Put64(byte[] file, int offset, ulong value) =>
        BinaryPrimitives.WriteUInt64BigEndian(file.AsSpan(offset), value);
}
