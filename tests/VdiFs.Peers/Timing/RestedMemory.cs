using System.IO.MemoryMappedFiles;

namespace VdiFs.Peers.Timing;

/// <summary>
/// Uses memory up and gives it back, before a run is timed. In a virtual machine, memory that was free for some seconds
/// may be back with the host, and whoever gets it next pays for each page: on such a machine the same dd of a file of
/// 4 GiB through the page cache took 2.8 s or 6.5 s.
/// </summary>
internal static class RestedMemory
{
    private const long PageBytes = 4096;

    /// <summary>Touches as much as a run can need, but leaves half of what is available alone.</summary>
    /// <param name="wantedBytes">What the run can need: the pages of what is read, and a copy of them.</param>
    public static void Touch(long wantedBytes)
    {
        long bytes = Math.Min(wantedBytes, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2) / PageBytes * PageBytes;
        using var memory = MemoryMappedFile.CreateNew(mapName: null, bytes);
        using MemoryMappedViewAccessor view = memory.CreateViewAccessor();
        for (long offset = 0; offset < bytes; offset += PageBytes)
        {
            view.Write(offset, (byte)1);
        }
    }
}
