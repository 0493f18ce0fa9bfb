namespace VdiFs.Disks.ReadAhead;

/// <summary>One reader that walks through a disk: where it is, and how far the cache is filled.</summary>
internal struct ReadAheadStream
{
    /// <summary>Disk offset behind the last byte read.</summary>
    public long Position;

    /// <summary>Disk offset behind the last byte asked for in advance; never before <see cref="Position"/>.</summary>
    public long Ahead;

    /// <summary>How many allocated bytes to stay ahead; 0 until the reader has shown that it walks.</summary>
    public long WindowBytes;

    /// <summary>When the stream was last used, in reads of the disk.</summary>
    public long LastUse;
}
