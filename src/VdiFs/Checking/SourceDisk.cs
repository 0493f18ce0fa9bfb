using VdiFs.Disks;

namespace VdiFs.Checking;

/// <summary>
/// A disk at its source, read past the cache: every byte is needed once. What is not allocated is not asked for.
/// </summary>
internal sealed class SourceDisk : IComparedDisk, IDisposable
{
    // As a reader of this file would: a pool keeps the disk while it is in use.
    private const string FileName = "disk.raw";

    private readonly OpenDisk _disk;
    private readonly IDiskUsage? _usage;

    public SourceDisk(OpenDisk disk, IDiskUsage? usage)
    {
        _disk = disk;
        _usage = usage;
        usage?.Opened(FileName);
    }

    public long Length => _disk.Length;

    public (bool IsZero, long Length) Locate(long diskOffset, long maxLength)
    {
        long granule = diskOffset / _disk.Map.GranuleBytes;
        bool isAllocated = _disk.Map.IsAllocated(granule);
        long end = isAllocated ? _disk.Map.NextUnallocated(granule) : _disk.Map.NextAllocated(granule);
        // The last granule may reach past the end of the disk, where no multiplication overflows.
        return end == _disk.Map.GranuleCount
            ? (!isAllocated, maxLength)
            : (!isAllocated, Math.Min(maxLength, end * _disk.Map.GranuleBytes - diskOffset));
    }

    public async ValueTask ReadAsync(long diskOffset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        _usage?.Reading(FileName, Length, diskOffset, destination.Length);
        while (!destination.IsEmpty)
        {
            (bool isZero, long length) = Locate(diskOffset, destination.Length);
            Memory<byte> part = destination[..(int)length];
            if (isZero)
            {
                part.Span.Clear();
            }
            else
            {
                long start = diskOffset;
                await _disk.Limit.RunAsync(limit => _disk.Meter.ReadAsync(start, [part], limit), cancellationToken);
            }

            diskOffset += length;
            destination = destination[part.Length..];
        }
    }

    public void Dispose() => _usage?.Released(FileName);
}
