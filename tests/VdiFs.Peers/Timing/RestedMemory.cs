namespace VdiFs.Peers.Timing;

/// <summary>
/// Uses memory up and gives it back, before a run is timed. In a virtual machine, memory that was free for some seconds
/// may be back with the host, and whoever gets it next pays for each page: on such a machine the same dd of a file of
/// 4 GiB through the page cache took 2.8 s or 6.5 s.
/// </summary>
internal static class RestedMemory
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Touches as much as a run can need, but leaves half of what is available alone.</summary>
    /// <param name="directory">In memory; a file is written there and removed, which is faster than to map as much.
    /// </param>
    /// <param name="wantedBytes">What the run can need: the pages of what is read, and a copy of them.</param>
    public static void Touch(string directory, long wantedBytes)
    {
        long bytes = Math.Min(wantedBytes, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2);
        string path = Path.Combine(directory, "touched");
        byte[] piece = new byte[PieceBytes];
        using (FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            for (long written = 0; written < bytes; written += PieceBytes)
            {
                file.Write(piece);
            }
        }

        File.Delete(path);
    }
}
