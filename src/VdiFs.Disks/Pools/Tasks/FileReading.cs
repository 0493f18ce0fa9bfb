using VdiFs.Formats.Allocation;

namespace VdiFs.Disks.Pools.Tasks;

/// <summary>How one file is read, from its first open to its last close. Thread-safe.</summary>
/// <param name="fileName">The file's name.</param>
/// <param name="entry">Its disk.</param>
/// <param name="pathOf">Tells where people find the disk now.</param>
/// <param name="onBulk">Told once, when so much was read that it is worth a task.</param>
internal sealed class FileReading(
    string fileName, DiskEntry entry, Func<string> pathOf, Action<FileReading> onBulk)
{
    /// <summary>Who reads less looks at the file, copies its head or checks its partitions: no task for that.</summary>
    public const long BulkBytes = 64L * 1024 * 1024;

    // A fixed image is the disk and a footer: its offsets are the disk's.
    private const long LongestFooter = 4096;

    private readonly long _failuresBefore = entry.Opened?.Meter.Failures ?? 0;
    private ReadCoverage? _coverage;
    private long _fileLength;
    private long _bytes;
    private int _isBulk;
    private volatile DiskException? _cancellation;
    private volatile bool _isClosed;

    /// <summary>Where people find the file.</summary>
    public string Path => pathOf() + "/" + fileName;

    /// <summary>Whether the last reader has closed it.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>The file's length in bytes; 0 before the first read.</summary>
    public long FileLength => Interlocked.Read(ref _fileLength);

    /// <summary>Bytes of the file that were asked for at least once, in whole chunks, up to its length.</summary>
    public long CoveredBytes => Math.Min(FileLength, Volatile.Read(ref _coverage)?.CoveredBytes ?? 0);

    /// <summary>How much of what there is to read has been asked for, 0 to 1.</summary>
    public double Progress
    {
        get
        {
            long all = MapOfFile()?.AllocatedBytes ?? FileLength;
            return all <= 0 ? 1 : Math.Min(1, (double)CoveredBytes / all);
        }
    }

    /// <summary>Whether everything that is not a hole was asked for.</summary>
    public bool IsComplete => Volatile.Read(ref _coverage)?.IsComplete(MapOfFile()) == true;

    /// <summary>Whether reads of the disk failed meanwhile.</summary>
    public bool HasFailed => (entry.Opened?.Meter.Failures ?? 0) > _failuresBefore;

    /// <summary>The last error of the disk; null when there is none.</summary>
    public string? LastError => entry.Opened?.Source.LastError;

    /// <summary>Counts a read before it is answered.</summary>
    /// <exception cref="DiskException">Cancelled.</exception>
    public void Read(long fileLength, long fileOffset, int length)
    {
        if (_cancellation is { } cancellation)
        {
            throw new DiskException(cancellation.Kind, cancellation.Message, cancellation);
        }

        if (fileLength <= BulkBytes)
        {
            return;
        }

        if (Volatile.Read(ref _coverage) is not { } coverage)
        {
            Interlocked.Exchange(ref _fileLength, fileLength);
            coverage = Interlocked.CompareExchange(ref _coverage, new ReadCoverage(fileLength), null) ?? _coverage!;
        }

        coverage.Mark(fileOffset, length);
        if (Interlocked.Add(ref _bytes, length) > BulkBytes
            && Volatile.Read(ref _isBulk) == 0
            && Interlocked.Exchange(ref _isBulk, 1) == 0)
        {
            onBulk(this);
        }
    }

    /// <summary>Fails all reads from now on.</summary>
    public void Cancel(DiskException cancellation) => _cancellation = cancellation;

    /// <summary>The last reader has closed it.</summary>
    public void Close() => _isClosed = true;

    private AllocationMap? MapOfFile() =>
        entry.Opened is { } disk && FileLength >= disk.Length && FileLength - disk.Length <= LongestFooter
            ? disk.Map
            : null;
}
