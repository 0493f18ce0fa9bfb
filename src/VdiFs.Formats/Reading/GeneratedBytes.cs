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
            Write(expected, segment, offset, right.AsSpan(0, length), readSource);
            file.Read(offset, found.AsSpan(0, length));
            int at = right.AsSpan(0, length).CommonPrefixLength(found);
            if (at < length)
            {
                yield return new ImageFault(
                    file.Name, offset + at, nameOf(offset + at), $"0x{right[at]:x2}", $"0x{found[at]:x2}");
            }

            offset += length;
        }

        if (file.Length != expected.Length)
        {
            yield return new ImageFault(
                file.Name, end, "length of the file", $"{expected.Length} bytes", $"{file.Length} bytes");
        }
    }

    private static void Write(
        ImageLayout expected, Segment segment, long offset, Span<byte> right, Func<long, byte[]>? readSource)
    {
        switch (segment.Kind)
        {
            case SegmentKind.Zero:
                right.Clear();
                break;
            case SegmentKind.Derived when readSource is not null:
                expected.ReadDerived(segment.SourceOffset, readSource(offset), right);
                break;
            default:
                expected.ReadMetadata(segment.SourceOffset, right);
                break;
        }
    }
}
