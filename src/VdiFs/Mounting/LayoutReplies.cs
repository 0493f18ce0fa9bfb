using VdiFs.Formats;
using VdiFs.Fuse;

namespace VdiFs.Mounting;

/// <summary>What a file has without any disk.</summary>
internal static class LayoutReplies
{
    /// <summary>Appends zeros or metadata; always succeeds.</summary>
    public static bool AppendTo(this ImageLayout layout, FuseReadReply reply, Segment segment)
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

        return true;
    }
}
