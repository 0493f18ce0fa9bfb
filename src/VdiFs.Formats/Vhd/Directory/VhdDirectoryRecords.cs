using VdiFs.Formats.Allocation;
using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vhd.Directory;

/// <summary>The records of a VHD directory as they were found.</summary>
/// <param name="Directory">Whose.</param>
/// <param name="Filter">How its files are compressed.</param>
/// <param name="Footer">The footer.</param>
/// <param name="Header">The dynamic header.</param>
/// <param name="Stored">The blocks that there are files for.</param>
internal sealed record VhdDirectoryRecords(
    IImageDirectory Directory, string Filter, VhdFooter Footer, VhdDynamicHeader Header, AllocationMap Stored)
{
    /// <summary>The disk's bytes.</summary>
    internal long DiskLength => (long)Footer.CurrentSize;

    internal bool IsDifferencing => Footer.DiskType == VhdDiskType.Differencing;

    /// <exception cref="ImageFormatException">They are too damaged to be read, or not there.</exception>
    internal static VhdDirectoryRecords Read(IImageDirectory directory)
    {
        string filter = VhdChunkFilter.Find(directory);
        byte[] footerBytes = ReadWhole(directory, VhdDirectory.FooterName, filter, VhdFooter.Size);
        byte[] headerBytes = ReadWhole(directory, VhdDirectory.HeaderName, filter, VhdDynamicHeader.Size);
        VhdFooter footer = Named(directory, VhdDirectory.FooterName, () => VhdFooter.Read(footerBytes));
        VhdDynamicHeader header = Named(
            directory, VhdDirectory.HeaderName, () => VhdDynamicHeader.Read(headerBytes));
        if (footer.DiskType is not (VhdDiskType.Dynamic or VhdDiskType.Differencing))
        {
            throw Fault(directory, VhdDirectory.FooterName, 60, "disk type", "3 or 4", $"{(uint)footer.DiskType}");
        }

        if (footer.CurrentSize is 0 or > VhdDirectory.MaxDiskLength || footer.CurrentSize % Sector.Bytes != 0)
        {
            throw Fault(
                directory,
                VhdDirectory.FooterName,
                48,
                "current size",
                $"whole sectors, at least one, at most {VhdDirectory.MaxDiskLength} bytes",
                $"{footer.CurrentSize} bytes");
        }

        if (header.DataBlockBytes != VhdPlaces.DataBlockBytes)
        {
            throw Fault(
                directory,
                VhdDirectory.HeaderName,
                32,
                "block size",
                $"{VhdPlaces.DataBlockBytes}, the only one in directories",
                $"{header.DataBlockBytes}");
        }

        return new VhdDirectoryRecords(
            directory, filter, footer, header, ReadStored(directory, filter, (long)footer.CurrentSize, header));
    }

    private static AllocationMap ReadStored(
        IImageDirectory directory, string filter, long diskLength, VhdDynamicHeader header)
    {
        const int BitsPerByte = 8;
        // Xen Orchestra writes a byte for each block, and takes less.
        int maxBytes = (int)Math.Min(header.MaxTableEntries, VhdDirectory.MaxBlocks);
        byte[] bits = VhdChunkFilter.Read(directory, VhdDirectory.BitsName, filter, maxBytes);
        AllocationMapBuilder builder = new(diskLength, VhdPlaces.DataBlockBytes);
        long count = Sector.DivideUp(diskLength, VhdPlaces.DataBlockBytes);
        for (int index = 0; index < bits.Length; index++)
        {
            for (int bit = 0; bits[index] != 0 && bit < BitsPerByte; bit++)
            {
                if ((bits[index] & (0x80 >> bit)) == 0)
                {
                    continue;
                }

                long block = (long)index * BitsPerByte + bit;
                if (block >= count)
                {
                    throw Fault(
                        directory,
                        VhdDirectory.BitsName,
                        index,
                        "bit array",
                        $"no bits behind the disk's {count} blocks",
                        $"0x{bits[index]:x2}");
                }

                long start = block * VhdPlaces.DataBlockBytes;
                builder.Mark(start, Math.Min(VhdPlaces.DataBlockBytes, diskLength - start));
            }
        }

        return builder.Build();
    }

    private static byte[] ReadWhole(IImageDirectory directory, string name, string filter, int length)
    {
        byte[] bytes = VhdChunkFilter.Read(directory, name, filter, length);
        return bytes.Length == length
            ? bytes
            : throw Fault(directory, name, 0, "length of the file", $"{length} bytes", $"{bytes.Length} bytes");
    }

    private static T Named<T>(IImageDirectory directory, string name, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ImageFormatException damage)
        {
            throw Fault(directory, name, 0, name, $"a whole {name}", damage.Message);
        }
    }

    private static ImageFormatException Fault(
        IImageDirectory directory, string name, long offset, string what, string expected, string found) =>
        new ImageFault($"{directory.Name}/{name}", offset, what, expected, found).Exception();
}
