using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vhd;

/// <summary>
/// Whether a dynamic or differencing VHD of any writer is within the specification: every part in the file, none over
/// another, and in a dynamic one no data where the sector bitmap says there is none.
/// </summary>
internal sealed class VhdForeignCheck(VhdRecords records, VhdDynamicHeader header, VhdBlocks blocks)
{
    private readonly IImageBytes _file = records.File;

    internal IEnumerable<ImageFault> Run()
    {
        ClaimedSpace space = new(_file.Name, _file.Length);
        foreach (ImageFault fault in ClaimRecords(space))
        {
            yield return fault;
        }

        // Also entries behind the last block of the disk: what they name is no one else's.
        for (long block = 0; block < blocks.Table.Count; block++)
        {
            long entry = (long)blocks.Table[block];
            if (entry == VhdBlocks.Unused)
            {
                continue;
            }

            string what = $"data block {block}";
            long place = entry * Sector.Bytes;
            if (space.Claim(place, blocks.BitmapBytes + blocks.BlockBytes, what) is { } taken)
            {
                yield return taken;
            }
            else if (block < blocks.Count && !records.IsDifferencing && FindHidden(block, place) is { } hidden)
            {
                yield return hidden;
            }
        }
    }

    private IEnumerable<ImageFault> ClaimRecords(ClaimedSpace space)
    {
        List<ImageFault?> faults =
        [
            space.Claim(0, VhdFooter.Size, "footer copy"),
            space.Claim((long)records.Footer.DataOffset, VhdDynamicHeader.Size, "dynamic header"),
            space.Claim(
                blocks.Table.FileOffset, header.MaxTableEntries * (long)sizeof(uint), "block allocation table"),
            .. VhdParentName.LocatorsOf(records).Select(locator => space.Claim(
                (long)Math.Min(locator.DataOffset, long.MaxValue), locator.DataLength, "parent locator")),
            space.Claim(_file.Length - VhdFooter.Size, VhdFooter.Size, "end footer"),
        ];
        return faults.OfType<ImageFault>();
    }

    /// <summary>Readers that ignore the bitmap would read these bytes; those that heed it, zeros.</summary>
    private ImageFault? FindHidden(long block, long place)
    {
        long left = Math.Min(blocks.BlockBytes, records.DiskLength - block * blocks.BlockBytes);
        for (int within = 0; within < left;)
        {
            (bool isPresent, int length) = blocks.RunAt(block, place, within);
            int count = (int)Math.Min(length, left - within);
            if (!isPresent && FixedBytes.Find(
                _file,
                place + blocks.BitmapBytes + within,
                count,
                0,
                $"sectors of data block {block} that its bitmap has not") is { } fault)
            {
                return fault;
            }

            within += count;
        }

        return null;
    }
}
