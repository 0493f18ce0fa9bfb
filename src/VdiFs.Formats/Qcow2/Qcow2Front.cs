using System.Buffers.Binary;
using System.Text;

namespace VdiFs.Formats.Qcow2;

/// <summary>The first cluster: the header, its extensions, the parent's name.</summary>
internal static class Qcow2Front
{
    /// <summary>"Backing file format name", an extension of the header.</summary>
    internal const uint BackingFormatExtension = 0xE2792ACA;

    /// <summary>A type and a length; then so many bytes, padded to a multiple of 8.</summary>
    internal const int ExtensionHeaderBytes = 2 * sizeof(uint);

    internal const int ExtensionAlignment = 8;

    internal static byte[] Write(long diskLength, Qcow2Shape shape, Qcow2Parent? parent)
    {
        byte[] cluster = new byte[Qcow2Shape.ClusterBytes];
        int end = Qcow2Header.Size;
        string parentName = "";
        if (parent is { } named)
        {
            byte[] format = Encoding.ASCII.GetBytes(named.Format);
            BinaryPrimitives.WriteUInt32BigEndian(cluster.AsSpan(end), BackingFormatExtension);
            BinaryPrimitives.WriteInt32BigEndian(cluster.AsSpan(end + sizeof(uint)), format.Length);
            format.CopyTo(cluster, end + ExtensionHeaderBytes);
            end += ExtensionHeaderBytes + (int)Sector.RoundUp(format.Length, ExtensionAlignment);
            parentName = named.FileName;
        }

        // The extension that ends them is all zeros; the name follows it.
        end += ExtensionHeaderBytes;
        Encoding.ASCII.GetBytes(parentName, cluster.AsSpan(end));
        Header(diskLength, shape, parentName.Length == 0 ? 0 : end, parentName.Length).Write(cluster);
        return cluster;
    }

    private static Qcow2Header Header(long diskLength, Qcow2Shape shape, int nameOffset, int nameLength) => new()
    {
        Version = 3,
        BackingFileOffset = (ulong)nameOffset,
        BackingFileSize = (uint)nameLength,
        ClusterBits = Qcow2Shape.ClusterBits,
        DiskLength = (ulong)Sector.RoundUp(diskLength, Sector.Bytes),
        L1Size = (uint)Sector.DivideUp(diskLength, Qcow2Shape.BytesPerL2Table),
        L1TableOffset = (ulong)shape.L1Table * Qcow2Shape.ClusterBytes,
        RefcountTableOffset = (ulong)Qcow2Shape.RefcountTable * Qcow2Shape.ClusterBytes,
        RefcountTableClusters = (uint)shape.RefcountTableClusters,
        RefcountOrder = Qcow2Shape.RefcountOrder,
        HeaderLength = Qcow2Header.Size,
    };
}
