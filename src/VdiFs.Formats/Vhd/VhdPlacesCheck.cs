using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vhd;

/// <summary>
/// Whether a dynamic or differencing VHD is exactly as this product writes it: data blocks in disk order at their
/// computed places with full bitmaps, nothing but padding between them, the footer right behind the last.
/// </summary>
internal sealed class VhdPlacesCheck(VhdRecords records, VhdBlocks blocks, VhdPlaces places)
{
    private readonly IImageBytes _file = records.File;

    internal IEnumerable<ImageFault> Run()
    {
        if (records.Header is not
            { DataBlockBytes: VhdPlaces.DataBlockBytes, TableOffset: VhdPlaces.TableOffset })
        {
            // Told already; nothing can be where it should be.
            yield break;
        }

        foreach (ImageFault fault in Padding(
            VhdPlaces.TableOffset + places.BlockCount * VhdPlaces.TableEntryBytes,
            places.TableEnd,
            0xFF,
            "padding of the block allocation table"))
        {
            yield return fault;
        }

        long stored = 0;
        for (long block = 0; block < blocks.Count; block++)
        {
            long entry = (long)blocks.Table[block];
            if (entry == VhdBlocks.Unused)
            {
                continue;
            }

            foreach (ImageFault fault in CheckBlock(block, entry, stored))
            {
                yield return fault;
            }

            stored++;
        }

        long footer = places.FooterOffset(stored);
        if (footer != _file.Length - VhdFooter.Size)
        {
            yield return new ImageFault(
                _file.Name, footer, "end footer", $"at {footer}", $"at {_file.Length - VhdFooter.Size}");
        }
    }

    private IEnumerable<ImageFault> CheckBlock(long block, long entry, long rank)
    {
        long place = places.FirstBitmap + rank * places.RecordStride;
        if (entry * Sector.Bytes != place)
        {
            yield return new ImageFault(
                _file.Name,
                blocks.Table.OffsetOf(block),
                $"entry of data block {block}",
                $"sector {place / Sector.Bytes}",
                $"sector {entry}");
        }

        long before = rank == 0 ? places.FrontEnd : place - places.RecordPadding;
        foreach (ImageFault fault in Padding(before, place, 0, $"padding before data block {block}"))
        {
            yield return fault;
        }

        long end = place + VhdPlaces.SectorBitmapBytes + VhdPlaces.DataBlockBytes;
        if (end > _file.Length - VhdFooter.Size)
        {
            yield return new ImageFault(
                _file.Name,
                place,
                $"data block {block}",
                $"{end - place} bytes and a footer",
                $"{Math.Max(0, _file.Length - place)} bytes in all");
            yield break;
        }

        foreach (ImageFault fault in Padding(
            place, place + VhdPlaces.SectorBitmapBytes, 0xFF, $"sector bitmap of data block {block}"))
        {
            yield return fault;
        }

        long used = Math.Min(VhdPlaces.DataBlockBytes, records.DiskLength - block * VhdPlaces.DataBlockBytes);
        foreach (ImageFault fault in Padding(
            place + VhdPlaces.SectorBitmapBytes + used, end, 0, $"data block {block}, behind the end of the disk"))
        {
            yield return fault;
        }
    }

    /// <summary>What is behind the end of the file is told elsewhere.</summary>
    private IEnumerable<ImageFault> Padding(long start, long end, byte expected, string what)
    {
        long inside = Math.Min(end, _file.Length);
        return start < inside && FixedBytes.Find(_file, start, inside - start, expected, what) is { } fault
            ? [fault]
            : [];
    }
}
