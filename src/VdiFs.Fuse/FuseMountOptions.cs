namespace VdiFs.Fuse;

/// <summary>How a file system is mounted. Always read-only, nosuid, nodev and default_permissions.</summary>
public sealed record FuseMountOptions
{
    /// <summary>What `mount` shows as the source (fsname).</summary>
    public string FileSystemName { get; init; } = "vdifs";

    /// <summary>The file system type is "fuse." and this; letters, digits, '-' and '_' only.</summary>
    public string Subtype { get; init; } = "vdifs";

    /// <summary>Lets every user in; a plain user needs user_allow_other in /etc/fuse.conf for it.</summary>
    public bool AllowOther { get; init; }

    /// <summary>
    /// Threads that read requests, 1 to 64, each on a descriptor of its own. Four do best on two processors; fewer
    /// halve parallel throughput.
    /// </summary>
    public int ReaderThreads { get; init; } = Math.Clamp(2 * Environment.ProcessorCount, 4, 8);

    /// <summary>Background requests (read-ahead, direct I/O) the kernel keeps in flight, 1 to 65535.</summary>
    public int MaxBackground { get; init; } = 64;

    /// <summary>
    /// The kernel's read-ahead window; above its default of 128 it takes root to raise it. 0 to 1048576.
    /// </summary>
    public int ReadAheadKiB { get; init; } = 1024;

    /// <summary>
    /// Bypasses the kernel's page cache for all files (FOPEN_DIRECT_IO), also for those that never change: each read of
    /// a program is one request of its size, up to 1 MiB, answered into its own memory.
    /// </summary>
    public bool DirectIo { get; init; }

    /// <summary>
    /// Lets the kernel read a file's <see cref="IFuseFile.Backing"/> itself; not together with <see cref="DirectIo"/>.
    /// It takes Linux 6.9, CAP_SYS_ADMIN, and a regular file on a file system that is not stacked on others: what is
    /// not possible is read through this server. Where a local file was cut while it is open, reads end early and
    /// without an error; open(2) and close(2) then fail with EIO.
    /// </summary>
    public bool Passthrough { get; init; }

    /// <summary>How long the kernel may remember that a name does not exist; zero = it asks every time.</summary>
    public TimeSpan NegativeValidity { get; init; } = TimeSpan.Zero;

    /// <summary>
    /// The longest a request may take before it is answered EIO, whatever the file system does; a belt over the file
    /// system's own deadline. Readers in the kernel that a signal does not reach wait for as long, and after 120 s its
    /// hung-task watch may log them. Checked every tenth of it, but at least every five seconds.
    /// <see cref="Timeout.InfiniteTimeSpan"/> = none.
    /// </summary>
    public TimeSpan RequestDeadline { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>The file system type as /proc/self/mountinfo shows it.</summary>
    internal string FileSystemType => "fuse." + Subtype;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ReaderThreads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ReaderThreads, 64);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBackground, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxBackground, ushort.MaxValue);
        ArgumentOutOfRangeException.ThrowIfNegative(ReadAheadKiB);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ReadAheadKiB, 1024 * 1024);
        ArgumentOutOfRangeException.ThrowIfLessThan(NegativeValidity, TimeSpan.Zero);
        if (Passthrough && DirectIo)
        {
            throw new ArgumentException("Passthrough: what the kernel reads itself is never read by DirectIo");
        }

        if (Subtype.Length == 0 || !Subtype.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            throw new ArgumentException($"Subtype: expected letters, digits, '-' and '_', found '{Subtype}'");
        }
    }
}
