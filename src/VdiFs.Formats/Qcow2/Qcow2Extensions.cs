using System.Buffers.Binary;
using System.Text;
using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Qcow2;

/// <summary>What follows the header in the first cluster (docs/interop/qcow2.txt, Header extensions).</summary>
internal static class Qcow2Extensions
{
    private const uint End = 0;
    private const uint Bitmaps = 0x23852875;
    private const uint MaxNameBytes = 1023;

    /// <summary>The parent that the image names; null when it stands alone.</summary>
    /// <param name="file">For the faults.</param>
    /// <param name="header">The file's.</param>
    /// <param name="cluster">The first cluster, or what the file has of it.</param>
    /// <exception cref="ImageFormatException">An extension leaves the cluster, or is one that matters and is not
    /// understood.</exception>
    internal static Qcow2Parent? ReadParent(IImageBytes file, Qcow2Header header, byte[] cluster)
    {
        string format = "";
        uint position = header.HeaderLength;
        while (position + Qcow2Front.ExtensionHeaderBytes <= cluster.Length && position != header.BackingFileOffset)
        {
            uint type = BinaryPrimitives.ReadUInt32BigEndian(cluster.AsSpan((int)position));
            uint length = BinaryPrimitives.ReadUInt32BigEndian(cluster.AsSpan((int)position + sizeof(uint)));
            if (type == End)
            {
                break;
            }

            uint content = position + Qcow2Front.ExtensionHeaderBytes;
            if (length > cluster.Length - content)
            {
                throw Qcow2Image.Malformed(
                    file, position, "header extension", $"at most {cluster.Length - content} bytes", $"{length}");
            }

            if (type == Bitmaps)
            {
                throw new ImageFormatException(
                    ImageFormatErrorKind.Malformed,
                    $"{file.Name}: The image has persistent bitmaps inside, which are not supported: "
                    + "convert it without them.");
            }

            format = type == Qcow2Front.BackingFormatExtension
                ? Encoding.ASCII.GetString(cluster, (int)content, (int)length)
                : format;
            position = content + (uint)Sector.RoundUp(length, Qcow2Front.ExtensionAlignment);
        }

        return header.BackingFileOffset == 0 ? null : new Qcow2Parent(ReadName(file, header, cluster), format);
    }

    private static string ReadName(IImageBytes file, Qcow2Header header, byte[] cluster)
    {
        ulong length = header.BackingFileSize;
        if (length is 0 or > MaxNameBytes
            || header.BackingFileOffset > (ulong)cluster.Length
            || length > (ulong)cluster.Length - header.BackingFileOffset)
        {
            throw Qcow2Image.Malformed(
                file,
                8,
                "header, backing file name",
                $"1 to {MaxNameBytes} bytes in the first cluster",
                $"{length} bytes at {header.BackingFileOffset}");
        }

        return Encoding.UTF8.GetString(cluster, (int)header.BackingFileOffset, (int)length);
    }
}
