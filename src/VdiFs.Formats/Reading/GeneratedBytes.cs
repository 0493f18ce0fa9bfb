namespace VdiFs.Formats.Reading;

/// <summary>
/// Compares a file with the layout that this product makes of what the file says: all bytes that are not the disk's.
/// Whatever is changed in tables, reserved fields or padding, and whatever lies in another order, is found so.
/// </summary>
internal static class GeneratedBytes
{
    private const int WindowBytes = 64 * 1024;

    /// <summary>The first difference of every stretch, and a wrong length; lazily.</summary>
    /// <param name="file">What was found.</param>
    /// <param name="expected">What should be there.</param>
    /// <param name="nameOf">What lies at a file offset.</param>
    /// <param name="readSource">The bytes, read from the file, that those are derived from which start at a file offset;
    /// null for a layout without derived bytes.</param>
    internal static IEnumerable<ImageFault> Compare(
        IImageBytes file, ImageLayout expected, Func<long, string> nameOf, Func<long, byte[]>? readSource = null)
    {
        byte[] right = GC.AllocateUninitializedArray<byte>(WindowBytes);
        byte[] found = GC.AllocateUninitializedArray<byte>(WindowBytes);
        long end = Math.Min(file.Length, expected.Length);
        for (long offset = 0; offset < end;)
        {
            Segment segment = expected.Locate(offset, end - offset);
            if (segment.Kind == SegmentKind.Disk)
            {
                offset += segment.Length;
                continue;
            }

            int length = (int)Math.Min(segment.Length, WindowBytes);
            file.Read(offset, found.AsSpan(0, length));
            bool isZero = segment.Kind == SegmentKind.Zero;
            if (!isZero)
            {
                Write(expected, segment, offset, right.AsSpan(0, length), readSource);
            }

            int at = isZero
                ? found.AsSpan(0, length).IndexOfAnyExcept((byte)0)
                : IndexOfDifference(right.AsSpan(0, length), found);
            if (at >= 0)
            {
                yield return new ImageFault(
                    file.Name,
                    offset + at,
                    nameOf(offset + at),
                    $"0x{(isZero ? 0 : right[at]):x2}",
                    $"0x{found[at]:x2}");
            }

            offset += length;
        }

        if (file.Length != expected.Length)
        {
            yield return new ImageFault(
                file.Name, end, "length of the file", $"{expected.Length} bytes", $"{file.Length} bytes");
        }
    }

    /// <summary>The first place where the other bytes, which are as many or more, differ; -1 if none.</summary>
    private static int IndexOfDifference(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> others)
    {
        int same = bytes.CommonPrefixLength(others);
        return same < bytes.Length ? same : -1;
    }

    private static void Write(
        ImageLayout expected, Segment segment, long offset, Span<byte> right, Func<long, byte[]>? readSource)
    {
        if (segment.Kind == SegmentKind.Derived && readSource is not null)
        {
            expected.ReadDerived(segment.SourceOffset, readSource(offset), right);
        }
        else
        {
            expected.ReadMetadata(segment.SourceOffset, right);
        }
    }
}
