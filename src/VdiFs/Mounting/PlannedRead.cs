using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Formats;
using VdiFs.Fuse;

namespace VdiFs.Mounting;

/// <summary>One read of a file that has to wait for a disk.</summary>
/// <param name="layout">Where the file's bytes are.</param>
/// <param name="disk">The disk that it touches.</param>
/// <param name="plan">What is read.</param>
/// <param name="isLast">Whether the reply ends with it. Else what it has of the disk is copied: the reply is about to
/// wait for memory of another disk, and must hold none meanwhile.</param>
internal sealed class PlannedRead(ImageLayout layout, OpenDisk disk, ReadPlan plan, bool isLast)
{
    /// <summary>Appends all bytes of the plan to the reply.</summary>
    public async ValueTask RunAsync(FuseReadReply reply, CancellationToken cancellationToken)
    {
        using DiskRead read = await disk.Reader.BeginReadAsync(plan.Blocks, cancellationToken);
        StartAll(read);
        long fileOffset = plan.FileOffset;
        long end = fileOffset + plan.Length;
        while (fileOffset < end)
        {
            Segment segment = layout.Locate(fileOffset, end - fileOffset);
            switch (segment.Kind)
            {
                case SegmentKind.Disk:
                    await AppendDiskAsync(read, segment, reply, cancellationToken);
                    break;
                case SegmentKind.Derived:
                    await DerivedBytes.AppendAsync(layout, read, segment, reply, cancellationToken);
                    break;
                default:
                    layout.AppendTo(reply, segment);
                    break;
            }

            fileOffset += segment.Length;
        }
    }

    private async ValueTask AppendDiskAsync(
        DiskRead read, Segment segment, FuseReadReply reply, CancellationToken cancellationToken)
    {
        int bytes = (int)segment.Length;
        if (isLast)
        {
            await read.LendAsync(segment.SourceOffset, bytes, new ReplyBorrower(reply), cancellationToken);
            return;
        }

        byte[] copy = new byte[bytes];
        await read.LendAsync(segment.SourceOffset, bytes, new CopyingBorrower(copy, start: 0), cancellationToken);
        copy.CopyTo(reply.AppendGenerated(bytes));
    }

    // All pieces of a read are on their way before the first is waited for.
    private void StartAll(DiskRead read)
    {
        long fileOffset = plan.FileOffset;
        long end = fileOffset + plan.Length;
        while (fileOffset < end)
        {
            Segment segment = layout.Locate(fileOffset, end - fileOffset);
            if (segment.Kind == SegmentKind.Disk)
            {
                disk.Reader.Start(read, segment.SourceOffset, (int)segment.Length);
            }
            else if (segment.Kind == SegmentKind.Derived)
            {
                DerivedBytes.Start(layout, read, segment);
            }

            fileOffset += segment.Length;
        }
    }
}
