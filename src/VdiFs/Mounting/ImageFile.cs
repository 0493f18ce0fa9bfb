using System.Diagnostics.CodeAnalysis;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Disks.ReadAhead;
using VdiFs.Formats;
using VdiFs.Fuse;

namespace VdiFs.Mounting;

/// <summary>A disk's image as a file: where a file offset becomes metadata, zeros, or bytes of the disk.</summary>
/// <param name="layout">Where its bytes are.</param>
/// <param name="open">The disk.</param>
/// <param name="fileName">Its name, for <paramref name="usage"/>.</param>
/// <param name="usage">Told of every read; null when nobody wants to know.</param>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no wait handle.")]
internal sealed class ImageFile(ImageLayout layout, OpenDisk open, string fileName, IDiskUsage? usage) : IFuseFile
{
    private readonly ReadAheadDisk _disk = open.Reader;
    private readonly CancellationTokenSource _gone = new();

    public long Length => layout.Length;

    public bool IsImmutable => true;

    public long AllocatedBytes => layout.AllocatedBytes;

    /// <summary>Says that there is no such file any more: reads under way end with ESTALE.</summary>
    public void End() => _gone.Cancel();

    public bool TryRead(long fileOffset, int length, FuseReadReply reply)
    {
        // Here alone: every read comes by, also those that have to wait.
        Report(fileOffset, length);
        while (length > 0)
        {
            Segment segment = layout.Locate(fileOffset, length);
            int bytes = (int)segment.Length;
            if (segment.Kind != SegmentKind.Disk)
            {
                AppendLocal(segment, reply);
            }
            else if (!_disk.TryLend(segment.SourceOffset, bytes, new ReplyBorrower(reply)))
            {
                return false;
            }

            fileOffset += bytes;
            length -= bytes;
        }

        return true;
    }

    public async ValueTask ReadAsync(
        long fileOffset, int length, FuseReadReply reply, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _gone.Token);
        try
        {
            await open.Limit.RunAsync(limit => ReadAllAsync(fileOffset, length, reply, limit), end.Token);
        }
        catch (Exception exception) when (exception is DiskException or OperationCanceledException
            && _gone.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new FuseException(Errno.ESTALE, $"the disk of {fileName} is gone from its source", exception);
        }
        catch (DiskException exception)
        {
            throw exception.ToFuseException();
        }
    }

    public long SeekData(long fileOffset) => layout.SeekData(fileOffset);

    public long SeekHole(long fileOffset) => layout.SeekHole(fileOffset);

    private void Report(long fileOffset, int length)
    {
        try
        {
            usage?.Reading(fileName, layout.Length, fileOffset, length);
        }
        catch (DiskException exception)
        {
            throw exception.ToFuseException();
        }
    }

    private async ValueTask ReadAllAsync(
        long fileOffset, int length, FuseReadReply reply, CancellationToken cancellationToken)
    {
        using DiskRead read = await _disk.BeginReadAsync(CountBlocks(fileOffset, length), cancellationToken);
        StartDiskSegments(read, fileOffset, length);
        while (length > 0)
        {
            Segment segment = layout.Locate(fileOffset, length);
            int bytes = (int)segment.Length;
            if (segment.Kind == SegmentKind.Disk)
            {
                await read.LendAsync(
                    segment.SourceOffset, bytes, new ReplyBorrower(reply), cancellationToken);
            }
            else
            {
                AppendLocal(segment, reply);
            }

            fileOffset += bytes;
            length -= bytes;
        }
    }

    private void AppendLocal(Segment segment, FuseReadReply reply)
    {
        int bytes = (int)segment.Length;
        if (segment.Kind == SegmentKind.Zero)
        {
            reply.AppendZeros(bytes);
        }
        else
        {
            layout.ReadMetadata(segment.SourceOffset, reply.AppendGenerated(bytes));
        }
    }

    // Metadata is generated into memory of its own, which is as large: it counts like blocks of the disk.
    private int CountBlocks(long fileOffset, int length)
    {
        int blocks = 0;
        while (length > 0)
        {
            Segment segment = layout.Locate(fileOffset, length);
            blocks += segment.Kind switch
            {
                SegmentKind.Disk => DiskRead.CountBlocks(segment.SourceOffset, segment.Length),
                SegmentKind.Metadata => DiskRead.CountBlocks(0, segment.Length),
                _ => 0,
            };
            fileOffset += segment.Length;
            length -= (int)segment.Length;
        }

        return blocks;
    }

    // All pieces of a read are on their way before the first is waited for.
    private void StartDiskSegments(DiskRead read, long fileOffset, int length)
    {
        while (length > 0)
        {
            Segment segment = layout.Locate(fileOffset, length);
            if (segment.Kind == SegmentKind.Disk)
            {
                _disk.Start(read, segment.SourceOffset, (int)segment.Length);
            }

            fileOffset += segment.Length;
            length -= (int)segment.Length;
        }
    }
}
