using System.Buffers.Binary;

namespace VdiFs.Xapi.Exports;

/// <summary>What of a qcow2 header is needed to find the tables (docs/interop/qcow2.rst of QEMU, "Header").</summary>
/// <param name="ClusterBytes">Size of a cluster.</param>
/// <param name="L1Entries">Entries of the L1 table.</param>
/// <param name="L1Offset">Where the L1 table begins.</param>
/// <param name="RefcountBits">Bits of one reference count.</param>
internal readonly record struct Qcow2Header(int ClusterBytes, int L1Entries, long L1Offset, int RefcountBits)
{
    /// <summary>Of version 3, without extensions.</summary>
    public const int Size = 104;

    private const uint Magic = 0x5146_49FB;
    private const uint Version = 3;
    private const int SmallestClusterBits = 9;
    private const int LargestClusterBits = 21;
    private const int LargestRefcountOrder = 6;

    /// <summary>16 PiB in clusters of 64 KiB.</summary>
    private const int MostL1Entries = 32 * 1024 * 1024;

    /// <summary>Bytes of the disk that one L2 table covers.</summary>
    public long BytesPerL2Table => (long)ClusterBytes * (ClusterBytes / sizeof(long));

    /// <summary>Reads and checks it.</summary>
    /// <exception cref="XapiException">BadExport.</exception>
    public static Qcow2Header Read(ExportBody body, ReadOnlySpan<byte> bytes, long virtualSizeBytes)
    {
        if (BinaryPrimitives.ReadUInt32BigEndian(bytes) != Magic)
        {
            throw body.Bad("it does not begin with a qcow2 header");
        }

        CheckFeatures(body, bytes);
        ExportSize.Check(body, BinaryPrimitives.ReadInt64BigEndian(bytes[24..]), virtualSizeBytes);
        uint clusterBits = BinaryPrimitives.ReadUInt32BigEndian(bytes[20..]);
        uint refcountOrder = BinaryPrimitives.ReadUInt32BigEndian(bytes[96..]);
        uint l1Entries = BinaryPrimitives.ReadUInt32BigEndian(bytes[36..]);
        if (clusterBits is < SmallestClusterBits or > LargestClusterBits || refcountOrder > LargestRefcountOrder
            || l1Entries > MostL1Entries)
        {
            throw body.Bad(
                $"its header has {clusterBits} cluster bits, refcount order {refcountOrder} and "
                + $"{l1Entries} L1 entries");
        }

        Qcow2Header header = new(
            1 << (int)clusterBits,
            (int)l1Entries,
            BinaryPrimitives.ReadInt64BigEndian(bytes[40..]),
            1 << (int)refcountOrder);
        header.CheckL1(body, virtualSizeBytes);
        return header;
    }

    /// <summary>
    /// Where the tables must have ended: twice what a stream with a table for everything needs, and some clusters.
    /// Reading on would mean to read the disk itself.
    /// </summary>
    public long LatestTableOffset(long virtualSizeBytes)
    {
        long clusters = (virtualSizeBytes / ClusterBytes) + 1;
        long l2 = ((long)L1Entries + 1) * ClusterBytes;
        long refcounts = (clusters * RefcountBits / 8) + ClusterBytes;
        const int Spare = 16;
        return (2 * (l2 + refcounts + ((long)L1Entries * sizeof(long)))) + (Spare * ClusterBytes);
    }

    private static void CheckFeatures(ExportBody body, ReadOnlySpan<byte> bytes)
    {
        uint version = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
        long backing = BinaryPrimitives.ReadInt64BigEndian(bytes[8..]);
        uint encryption = BinaryPrimitives.ReadUInt32BigEndian(bytes[32..]);
        ulong incompatible = BinaryPrimitives.ReadUInt64BigEndian(bytes[72..]);
        if (version != Version || backing != 0 || encryption != 0 || incompatible != 0)
        {
            throw body.Bad(
                $"its header has version {version}, a backing file at {backing}, encryption {encryption} and "
                + $"incompatible features {incompatible:x}; expected {Version}, 0, 0 and 0");
        }
    }

    private void CheckL1(ExportBody body, long virtualSizeBytes)
    {
        long needed = (virtualSizeBytes + BytesPerL2Table - 1) / BytesPerL2Table;
        bool isPlaced = L1Offset >= Size && L1Offset % ClusterBytes == 0
            && L1Offset <= LatestTableOffset(virtualSizeBytes);
        if (L1Entries < needed || L1Entries > (2 * needed) + (ClusterBytes / sizeof(long)) || !isPlaced)
        {
            throw body.Bad($"its L1 table has {L1Entries} entries at {L1Offset}; the disk needs {needed}");
        }
    }
}
