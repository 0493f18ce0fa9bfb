namespace VdiFs.Formats.Reading;

/// <summary>Looks whether a stretch of a file consists of one byte, as padding and reserved space must.</summary>
internal static class FixedBytes
{
    private const int WindowBytes = 64 * 1024;

    /// <summary>The first byte in the range that is another one; null when all are right.</summary>
    /// <param name="file">Whose bytes.</param>
    /// <param name="fileOffset">The range lies inside the file.</param>
    /// <param name="length">Bytes, 0 or more.</param>
    /// <param name="expected">What every byte must be.</param>
    /// <param name="what">What lies there: "padding behind the table".</param>
    internal static ImageFault? Find(IImageBytes file, long fileOffset, long length, byte expected, string what)
    {
        byte[] window = GC.AllocateUninitializedArray<byte>((int)Math.Min(WindowBytes, length));
        for (long done = 0; done < length;)
        {
            Span<byte> bytes = window.AsSpan(0, (int)Math.Min(window.Length, length - done));
            file.Read(fileOffset + done, bytes);
            int other = bytes.IndexOfAnyExcept(expected);
            if (other >= 0)
            {
                return new ImageFault(
                    file.Name, fileOffset + done + other, what, $"0x{expected:x2}", $"0x{bytes[other]:x2}");
            }

            done += bytes.Length;
        }

        return null;
    }
}
