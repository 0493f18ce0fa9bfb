using VdiFs.Disks;
using VdiFs.Disks.ReadAhead;
using VdiFs.Formats;
using VdiFs.Fuse;

namespace VdiFs.Mounting;

/// <summary>A disk's image as a file: where a file offset becomes metadata, zeros, or bytes of the disk.</summary>
internal sealed class ImageFile(ImageLayout layout, OpenDisk open) : IFuseFile
{
    private readonly ReadAheadDisk _disk = open.Reader;

    public long Length => layout.Length;

    public bool IsImmutable => true;

    public long AllocatedBytes => layout.AllocatedBytes;

    public bool TryRead(long fileOffset, int length, FuseReadReply reply)
    {
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
        try
        {
            await open.Limit.RunAsync(limit => ReadAllAsync(fileOffset, length, reply, limit), cancellationToken);
        }
        catch (DiskException exception)
        {
            throw exception.ToFuseException();
        }
    }

    public long SeekData(long fileOffset) => layout.SeekData(fileOffset);

    public long SeekHole(long fileOffset) => layout.SeekHole(fileOffset);

    private async ValueTask ReadAllAsync(
        long fileOffset, int length, FuseReadReply reply, CancellationToken cancellationToken)
    {
        PrefetchDiskSegments(fileOffset, length);
        while (length > 0)
        {
            Segment segment = layout.Locate(fileOffset, length);
            int bytes = (int)segment.Length;
            if (segment.Kind == SegmentKind.Disk)
            {
                await _disk.LendAsync(
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

    // All pieces of a read are on their way before the first is waited for.
    private void PrefetchDiskSegments(long fileOffset, int length)
    {
        while (length > 0)
        {
            Segment segment = layout.Locate(fileOffset, length);
            if (segment.Kind == SegmentKind.Disk)
            {
                _disk.Prefetch(segment.SourceOffset, segment.Length);
            }

            fileOffset += segment.Length;
            length -= (int)segment.Length;
        }
    }
}
