namespace VdiFs.Disks.Failover;

/// <summary>The buffers of a read.</summary>
internal static class ReadBuffers
{
    /// <summary>Bytes of all together; allocates nothing.</summary>
    public static long TotalLength(this IReadOnlyList<Memory<byte>> buffers)
    {
        long length = 0;
        for (int i = 0; i < buffers.Count; i++)
        {
            length += buffers[i].Length;
        }

        return length;
    }
}
