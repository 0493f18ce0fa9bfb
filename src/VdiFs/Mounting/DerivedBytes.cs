using System.Buffers;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Formats;
using VdiFs.Fuse;

namespace VdiFs.Mounting;

/// <summary>
/// Bytes of a file that are computed from bytes of a disk, such as the checksum of a grain. Their source is the data that
/// lies beside them in the file, so it is in the cache already when a file is read front to back.
/// </summary>
internal static class DerivedBytes
{
    /// <summary>Appends a derived segment, or returns false if anything of its source is missing in the cache.</summary>
    public static bool TryAppend(
        ImageLayout layout, IReadOnlyList<OpenDisk> disks, Segment segment, FuseReadReply reply)
    {
        DiskRange range = layout.SourceOf(segment.SourceOffset);
        byte[] source = ArrayPool<byte>.Shared.Rent((int)range.Length);
        try
        {
            foreach ((Segment piece, int start) in new SourcePieces(layout, segment.SourceOffset, range))
            {
                if (piece.Kind == SegmentKind.Zero)
                {
                    source.AsSpan(start, (int)piece.Length).Clear();
                }
                else if (!disks[piece.Disk].Reader.TryLend(
                    piece.SourceOffset, (int)piece.Length, new CopyingBorrower(source, start)))
                {
                    return false;
                }
            }

            Append(layout, segment, source.AsSpan(0, (int)range.Length), reply);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(source);
        }
    }

    /// <summary>Begins to fetch what is missing of a source.</summary>
    public static void Start(ImageLayout layout, DiskRead read, Segment segment)
    {
        DiskRange range = layout.SourceOf(segment.SourceOffset);
        foreach ((Segment piece, _) in new SourcePieces(layout, segment.SourceOffset, range))
        {
            if (piece.Kind == SegmentKind.Disk)
            {
                read.Start(piece.SourceOffset, piece.Length);
            }
        }
    }

    /// <summary>Appends a derived segment, waiting for its source.</summary>
    public static async ValueTask AppendAsync(
        ImageLayout layout, DiskRead read, Segment segment, FuseReadReply reply, CancellationToken cancellationToken)
    {
        DiskRange range = layout.SourceOf(segment.SourceOffset);
        byte[] source = ArrayPool<byte>.Shared.Rent((int)range.Length);
        try
        {
            foreach ((Segment piece, int start) in new SourcePieces(layout, segment.SourceOffset, range))
            {
                if (piece.Kind == SegmentKind.Zero)
                {
                    source.AsSpan(start, (int)piece.Length).Clear();
                }
                else
                {
                    await read.LendAsync(
                        piece.SourceOffset,
                        (int)piece.Length,
                        new CopyingBorrower(source, start),
                        cancellationToken);
                }
            }

            Append(layout, segment, source.AsSpan(0, (int)range.Length), reply);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(source);
        }
    }

    private static void Append(ImageLayout layout, Segment segment, ReadOnlySpan<byte> source, FuseReadReply reply) =>
        layout.ReadDerived(segment.SourceOffset, source, reply.AppendGenerated((int)segment.Length));
}
