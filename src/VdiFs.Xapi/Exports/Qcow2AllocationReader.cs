using System.Buffers.Binary;

namespace VdiFs.Xapi.Exports;

/// <summary>
/// Reads the head of a qcow2 stream as XAPI writes it (python3/libexec/qcow2-to-stdout.py): header, refcounts, L1
/// table, L2 tables, then the data clusters, each kind in ascending order. What does not fit is refused.
/// </summary>
internal sealed class Qcow2AllocationReader
{
    // docs/interop/qcow2.rst of QEMU, "L1 table entry", "L2 table entry" and "Standard Cluster Descriptor".
    private const ulong OffsetMask = 0x00FF_FFFF_FFFF_FE00;
    private const ulong CopiedFlag = 1UL << 63;
    private const ulong ZeroFlag = 1;

    private readonly ExportBody _body;
    private readonly Qcow2Header _header;
    private readonly long _virtualSizeBytes;
    private readonly ExtentList _extents;
    private long _lastCluster;

    private Qcow2AllocationReader(ExportBody body, Qcow2Header header, long virtualSizeBytes)
    {
        _body = body;
        _header = header;
        _virtualSizeBytes = virtualSizeBytes;
        _extents = new ExtentList(virtualSizeBytes);
    }

    /// <exception cref="XapiException">BadExport.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public static async Task<ExportedAllocation> ReadAsync(
        ExportBody body, long virtualSizeBytes, CancellationToken cancellationToken)
    {
        byte[] header = new byte[Qcow2Header.Size];
        await body.ReadAsync(header, cancellationToken).ConfigureAwait(false);
        Qcow2AllocationReader reader =
            new(body, Qcow2Header.Read(body, header, virtualSizeBytes), virtualSizeBytes);
        await reader.ReadTablesAsync(cancellationToken).ConfigureAwait(false);
        return new ExportedAllocation
        {
            VirtualSizeBytes = virtualSizeBytes,
            GranuleBytes = reader._header.ClusterBytes,
            Extents = reader._extents.Extents,
        };
    }

    private async Task ReadTablesAsync(CancellationToken cancellationToken)
    {
        await _body.SkipToAsync(_header.L1Offset, cancellationToken).ConfigureAwait(false);
        byte[] l1 = new byte[_header.L1Entries * sizeof(ulong)];
        await _body.ReadAsync(l1, cancellationToken).ConfigureAwait(false);
        byte[] l2 = new byte[_header.ClusterBytes];
        for (int index = 0; index < _header.L1Entries; index++)
        {
            long offset = OffsetIn(BinaryPrimitives.ReadUInt64BigEndian(l1.AsSpan(index * sizeof(ulong))), "L1");
            if (offset == 0)
            {
                continue;
            }

            // A stream only goes on: a table that lies behind, or among the data, cannot be read.
            if (offset < _body.Position || offset > _header.LatestTableOffset(_virtualSizeBytes))
            {
                throw _body.Bad($"its L2 table {index} is at {offset}, after {_body.Position} bytes were read");
            }

            await _body.SkipToAsync(offset, cancellationToken).ConfigureAwait(false);
            await _body.ReadAsync(l2, cancellationToken).ConfigureAwait(false);
            Take(index * _header.BytesPerL2Table, l2);
        }
    }

    private void Take(long diskOffset, ReadOnlySpan<byte> l2)
    {
        for (int at = 0; at < l2.Length; at += sizeof(ulong), diskOffset += _header.ClusterBytes)
        {
            ulong entry = BinaryPrimitives.ReadUInt64BigEndian(l2[at..]);
            long cluster = OffsetIn(entry & ~ZeroFlag, "L2");
            if (cluster == 0)
            {
                continue;
            }

            if (cluster <= _lastCluster || cluster < _body.Position || diskOffset >= _virtualSizeBytes)
            {
                throw _body.Bad($"its L2 tables have a data cluster at {cluster} after one at {_lastCluster}");
            }

            _lastCluster = cluster;
            if ((entry & ZeroFlag) == 0)
            {
                _extents.Add(diskOffset, _header.ClusterBytes);
            }
        }
    }

    /// <summary>The offset in an entry; compressed clusters, which XAPI does not write, count as nonsense.</summary>
    private long OffsetIn(ulong entry, string table)
    {
        long offset = (long)(entry & OffsetMask);
        bool isPlain = (entry & ~(OffsetMask | CopiedFlag)) == 0 && offset % _header.ClusterBytes == 0;
        return isPlain ? offset : throw _body.Bad($"an entry of an {table} table is {entry:x16}");
    }
}
