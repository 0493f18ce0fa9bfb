using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Qcow2;

/// <summary>A QCOW2 file whose header is understood and whose tables are there. Not thread-safe.</summary>
internal sealed class Qcow2Image
{
    /// <summary>What qemu opens (QCOW_MAX_L1_SIZE).</summary>
    internal const long MaxL1Bytes = 32 * 1024 * 1024;

    private const int MinClusterBits = 9;
    private const int MaxClusterBits = 21;

    private Qcow2Image(IImageBytes file, Qcow2Header header, Qcow2Parent? parent)
    {
        File = file;
        Header = header;
        Parent = parent;
        L1 = new TableWindow(
            file, (long)header.L1TableOffset, header.L1Size, Qcow2Shape.EntryBytes, isBigEndian: true, "L1 table");
    }

    internal IImageBytes File { get; }

    internal Qcow2Header Header { get; }

    /// <summary>Null when the image stands alone.</summary>
    internal Qcow2Parent? Parent { get; }

    internal TableWindow L1 { get; }

    internal long DiskLength => (long)Header.DiskLength;

    internal int ClusterBytes => 1 << (int)Header.ClusterBits;

    /// <summary>Entries of an L2 table, which is one cluster.</summary>
    internal int EntriesPerTable => ClusterBytes / Qcow2Shape.EntryBytes;

    /// <summary>Clusters of the disk, the last, shorter one included.</summary>
    internal long DiskClusters => Sector.DivideUp(DiskLength, ClusterBytes);

    /// <summary>Clusters of the file, the last, shorter one included.</summary>
    internal long FileClusters => Sector.DivideUp(File.Length, ClusterBytes);

    /// <exception cref="ImageFormatException">The header is damaged, or the image needs something that is not
    /// understood here: the message says what.</exception>
    internal static Qcow2Image Open(IImageBytes file)
    {
        byte[] start = new byte[Qcow2Header.Size];
        if (file.Length < start.Length)
        {
            throw Malformed(file, 0, "header", $"{start.Length} bytes", $"a file of {file.Length} bytes");
        }

        file.Read(0, start);
        Qcow2Header header = Qcow2Header.Read(start);
        CheckNumbers(file, header);
        if (Qcow2Refusal.Of(header) is { } refusal)
        {
            throw new ImageFormatException(ImageFormatErrorKind.Malformed, $"{file.Name}: {refusal}");
        }

        byte[] cluster = new byte[Math.Min(1L << (int)header.ClusterBits, file.Length)];
        file.Read(0, cluster);
        return new Qcow2Image(file, header, Qcow2Extensions.ReadParent(file, header, cluster));
    }

    internal static ImageFormatException Malformed(
        IImageBytes file, long offset, string what, string expected, string found) =>
        new ImageFault(file.Name, offset, what, expected, found).Exception();

    private static void CheckNumbers(IImageBytes file, Qcow2Header header)
    {
        if (header.ClusterBits is < MinClusterBits or > MaxClusterBits)
        {
            throw Malformed(
                file, 20, "header, cluster_bits", $"{MinClusterBits} to {MaxClusterBits}", $"{header.ClusterBits}");
        }

        ulong clusterBytes = 1UL << (int)header.ClusterBits;
        if (header.Version > 2
            && (header.HeaderLength < Qcow2Header.MinSizeOfVersion3
                || header.HeaderLength > clusterBytes
                || header.HeaderLength % Qcow2Front.ExtensionAlignment != 0))
        {
            throw Malformed(
                file,
                100,
                "header, header_length",
                $"a multiple of 8 from {Qcow2Header.MinSizeOfVersion3} to {clusterBytes}",
                $"{header.HeaderLength}");
        }

        if (header.DiskLength > long.MaxValue - clusterBytes)
        {
            throw Malformed(file, 24, "header, size", "less than 2 to the 63", $"{header.DiskLength}");
        }

        long perTable = (long)(clusterBytes / Qcow2Shape.EntryBytes * clusterBytes);
        long needed = Sector.DivideUp((long)header.DiskLength, perTable);
        if (header.L1Size < needed || header.L1Size > MaxL1Bytes / Qcow2Shape.EntryBytes)
        {
            throw Malformed(
                file,
                36,
                "header, l1_size",
                $"{needed} entries for {header.DiskLength} bytes, at most {MaxL1Bytes / Qcow2Shape.EntryBytes}",
                $"{header.L1Size}");
        }

        if (header.L1TableOffset % clusterBytes != 0 || header.L1TableOffset > (ulong)file.Length)
        {
            throw Malformed(
                file, 40, "header, l1_table_offset", "the start of a cluster in the file", $"{header.L1TableOffset}");
        }
    }
}
