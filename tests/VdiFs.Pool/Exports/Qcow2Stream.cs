using System.Buffers.Binary;
using VdiFs.Pool.Nbd;

namespace VdiFs.Pool.Exports;

/// <summary>
/// A qcow2 file in one pass (xen-api: python3/libexec/qcow2-to-stdout.py): header, refcount table and blocks, L1, L2,
/// data, all in order.
/// </summary>
/// <param name="device">The disk.</param>
/// <param name="granules">The clusters to send, ascending.</param>
internal sealed class Qcow2Stream(NbdDevice device, IReadOnlyList<long> granules)
{
    internal const int ClusterBytes = 64 * 1024;

    private const int ClusterBits = 16;
    private const int EntriesPerTable = ClusterBytes / sizeof(ulong);
    private const int RefcountsPerCluster = ClusterBytes / sizeof(ushort);
    private const ulong Copied = 1UL << 63;

    internal async Task WriteAsync(ExportBody body, CancellationToken cancellationToken)
    {
        Qcow2Shape shape = Qcow2Shape.Of(device.Length, granules);
        body.ExpectedBytes = shape.TotalClusters * ClusterBytes;
        await body.WriteAsync(Header(shape), cancellationToken);
        await body.WriteAsync(RefcountTable(shape), cancellationToken);
        await WriteRefcountsAsync(shape, body, cancellationToken);
        await body.WriteAsync(FirstLevel(shape), cancellationToken);
        await WriteSecondLevelAsync(shape, body, cancellationToken);
        byte[] cluster = new byte[ClusterBytes];
        foreach (long granule in granules)
        {
            await DeviceReader.ReadPaddedAsync(device, granule * ClusterBytes, cluster, cancellationToken);
            await body.WriteAsync(cluster, cancellationToken);
        }
    }

    private static byte[] RefcountTable(Qcow2Shape shape)
    {
        byte[] table = new byte[shape.RefcountTableClusters * ClusterBytes];
        for (long i = 0; i < shape.RefcountBlockClusters; i++)
        {
            long offset = (1 + shape.RefcountTableClusters + i) * ClusterBytes;
            BinaryPrimitives.WriteInt64BigEndian(table.AsSpan((int)i * sizeof(ulong)), offset);
        }

        return table;
    }

    private static async Task WriteRefcountsAsync(
        Qcow2Shape shape, ExportBody body, CancellationToken cancellationToken)
    {
        for (long first = 0; first < shape.TotalClusters; first += RefcountsPerCluster)
        {
            byte[] counts = new byte[ClusterBytes];
            for (int i = 0; i < Math.Min(RefcountsPerCluster, shape.TotalClusters - first); i++)
            {
                BinaryPrimitives.WriteUInt16BigEndian(counts.AsSpan(i * sizeof(ushort)), 1);
            }

            await body.WriteAsync(counts, cancellationToken);
        }
    }

    private static byte[] FirstLevel(Qcow2Shape shape)
    {
        byte[] table = new byte[shape.FirstLevelClusters * ClusterBytes];
        for (int i = 0; i < shape.Tables.Count; i++)
        {
            ulong offset = (ulong)((shape.FirstTableCluster + i) * ClusterBytes);
            BinaryPrimitives.WriteUInt64BigEndian(table.AsSpan((int)shape.Tables[i] * sizeof(ulong)), offset | Copied);
        }

        return table;
    }

    private byte[] Header(Qcow2Shape shape)
    {
        byte[] header = new byte[ClusterBytes];
        "QFI"u8.CopyTo(header);
        header[3] = 0xFB;
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), 3);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(20), ClusterBits);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(24), device.Length);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(36), (uint)shape.FirstLevelEntries);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(40), shape.FirstLevelCluster * ClusterBytes);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(48), ClusterBytes);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(56), (uint)shape.RefcountTableClusters);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(96), 4);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(100), 104);
        return header;
    }

    private async Task WriteSecondLevelAsync(
        Qcow2Shape shape, ExportBody body, CancellationToken cancellationToken)
    {
        int next = 0;
        foreach (long index in shape.Tables)
        {
            byte[] table = new byte[ClusterBytes];
            for (; next < granules.Count && granules[next] / EntriesPerTable == index; next++)
            {
                ulong offset = (ulong)((shape.FirstDataCluster + next) * ClusterBytes);
                int entry = (int)(granules[next] % EntriesPerTable);
                BinaryPrimitives.WriteUInt64BigEndian(table.AsSpan(entry * sizeof(ulong)), offset | Copied);
            }

            await body.WriteAsync(table, cancellationToken);
        }
    }
}
