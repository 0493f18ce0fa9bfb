using System.Diagnostics.CodeAnalysis;
using VdiFs.Disks;
using VdiFs.Formats;
using VdiFs.Fuse;

namespace VdiFs.Mounting;

/// <summary>An image as a file: where a file offset becomes metadata, zeros, or bytes of a disk.</summary>
/// <param name="layout">Where its bytes are.</param>
/// <param name="disks">The disks in it, by their index.</param>
/// <param name="fileName">Its name, for <paramref name="usage"/>.</param>
/// <param name="usage">Told of every read; null when nobody wants to know.</param>
/// <param name="gone">Ends the file with others that end at once; null for a file that ends alone.</param>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no wait handle.")]
internal sealed class ImageFile(
    ImageLayout layout,
    IReadOnlyList<OpenDisk> disks,
    string fileName,
    IDiskUsage? usage,
    CancellationTokenSource? gone = null)
    : IFuseFile
{
    private readonly CancellationTokenSource _gone = gone ?? new CancellationTokenSource();

    public long Length => layout.Length;

    public bool IsImmutable => true;

    public FuseBacking? Backing { get; init; }

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
            bool isDone = segment.Kind switch
            {
                SegmentKind.Disk => disks[segment.Disk].Reader.TryLend(
                    segment.SourceOffset, bytes, new ReplyBorrower(reply)),
                SegmentKind.Derived => DerivedBytes.TryAppend(layout, disks, segment, reply),
                _ => layout.AppendTo(reply, segment),
            };
            if (!isDone)
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
            while (length > 0)
            {
                ReadPlan plan = ReadPlan.For(layout, fileOffset, length);
                var read = new PlannedRead(layout, disks[plan.Disk], plan, isLast: plan.Length == length);
                await disks[plan.Disk].Limit.RunAsync(limit => read.RunAsync(reply, limit), end.Token);
                fileOffset += plan.Length;
                length -= plan.Length;
            }
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
}
