using VdiFs.Formats.Allocation;

namespace VdiFs.Disks.Servers;

/// <summary>
/// Looks whether a server's word about holes can be taken. What it calls zero is never read again, so a server that is
/// wrong about it would give zeros in place of data. A few pages that it calls zero are read when a disk is opened:
/// always the same ones, because the same disk must have the same layout at every mount.
/// </summary>
internal static class AllocationAudit
{
    private const int Samples = 16;
    private const int PageBytes = 4096;

    /// <summary>Disk offset of a page that is called zero and is not; null when none was found.</summary>
    /// <remarks>A page that cannot be read says nothing.</remarks>
    public static async Task<long?> FindDataInHolesAsync(
        IDisk disk, AllocationMap map, CancellationToken cancellationToken)
    {
        long?[] findings = await Task
            .WhenAll(PagesOf(map).Select(diskOffset => LookAsync(disk, diskOffset, cancellationToken)))
            .ConfigureAwait(false);
        return Array.Find(findings, finding => finding is not null);
    }

    private static HashSet<long> PagesOf(AllocationMap map)
    {
        HashSet<long> pages = [];
        int pagesPerGranule = Math.Max(map.GranuleBytes / PageBytes, 1);
        for (int i = 0; i < Samples; i++)
        {
            long granule = map.NextUnallocated((long)((Int128)map.GranuleCount * i / Samples));
            if (granule < map.GranuleCount)
            {
                long diskOffset = (granule * map.GranuleBytes) + (i % pagesPerGranule * PageBytes);
                pages.Add(diskOffset < map.DiskLength ? diskOffset : granule * map.GranuleBytes);
            }
        }

        return pages;
    }

    private static async Task<long?> LookAsync(IDisk disk, long diskOffset, CancellationToken cancellationToken)
    {
        byte[] page = new byte[Math.Min(PageBytes, disk.Length - diskOffset)];
        try
        {
            await disk.ReadAsync(diskOffset, [page], cancellationToken).ConfigureAwait(false);
            return page.AsSpan().ContainsAnyExcept((byte)0) ? diskOffset : null;
        }
        catch (DiskException exception) when (exception.Kind == DiskErrorKind.ReadFailed)
        {
            return null;
        }
    }
}
