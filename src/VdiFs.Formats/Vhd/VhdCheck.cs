using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vhd;

/// <summary>Whether every structure of a VHD is right.</summary>
internal static class VhdCheck
{
    internal static IEnumerable<ImageFault> Run(
        VhdRecords records, VhdBlocks? blocks, ImageReader? parent, CheckOptions options)
    {
        IEnumerable<ImageFault> footers = VhdFooterCheck.Run(records, options);
        if (blocks is null || records.Header is not { } header)
        {
            return footers;
        }

        if (!options.AcceptForeign && records.DiskLength > VhdLimits.MaxDiskLength)
        {
            return footers.Append(new ImageFault(
                records.File.Name,
                records.File.Length - VhdFooter.Size,
                "end footer, current size",
                $"at most {VhdLimits.MaxDiskLength} bytes",
                $"{records.DiskLength} bytes"));
        }

        VhdPlaces places = PlacesOf(records, blocks);
        return footers
            .Concat(VhdHeaderCheck.Run(records, header, places, parent, options))
            .Concat(options.AcceptForeign
                ? new VhdForeignCheck(records, header, blocks).Run()
                : new VhdPlacesCheck(records, blocks, places).Run());
    }

    /// <summary>Where the parts would be if this product had written the file: packed if that fits better.</summary>
    internal static VhdPlaces PlacesOf(VhdRecords records, VhdBlocks blocks)
    {
        long blockCount = Sector.DivideUp(records.DiskLength, VhdPlaces.DataBlockBytes);
        VhdPlaces aligned = new(blockCount, records.IsDifferencing, IsPacked: false);
        VhdPlaces packed = aligned with { IsPacked = true };
        long stored = 0;
        long moreAreAligned = 0;
        for (long block = 0; block < blocks.Count; block++)
        {
            long entry = (long)blocks.Table[block];
            if (entry == VhdBlocks.Unused)
            {
                continue;
            }

            moreAreAligned += Matches(aligned, stored, entry) - Matches(packed, stored, entry);
            stored++;
        }

        return moreAreAligned >= 0 ? aligned : packed;
    }

    private static int Matches(VhdPlaces places, long rank, long entry) =>
        entry * Sector.Bytes == places.FirstBitmap + rank * places.RecordStride ? 1 : 0;
}
