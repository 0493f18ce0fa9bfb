using System.Text;
using VdiFs.Formats.Reading;
#pragma warning disable RS0030 // The library's decompressors work on streams; these lie in memory, there is no I/O.
using System.IO.Compression;

namespace VdiFs.Formats.Vhd.Directory;

/// <summary>How the files of a VHD directory are compressed: Xen Orchestra says it in a file of its own.</summary>
internal static class VhdChunkFilter
{
    /// <summary>The file that says it; without one, nothing is.</summary>
    internal const string FileName = "chunk-filters.json";

    // Whoever needs more says something else there.
    private const int MaxFileBytes = 256;

    // What does not shrink grows by a few bytes in 64 KiB.
    private const long MaxOverheadBytes = 64 * 1024;

    private const string None = "[]";
    private const string Gzip = "[\"gzip\"]";
    private const string Brotli = "[\"brotli\"]";

    /// <summary>The filter of a directory.</summary>
    /// <exception cref="ImageFormatException">It is one that nobody knows.</exception>
    internal static string Find(IImageDirectory directory)
    {
        if (directory.LengthOf(FileName) is not { } length)
        {
            return None;
        }

        byte[] bytes = new byte[(int)Math.Min(length, MaxFileBytes)];
        directory.Read(FileName, 0, bytes);
        string found = string.Concat(Encoding.Latin1.GetString(bytes).Where(letter => !char.IsWhiteSpace(letter)));
        return found is None or Gzip or Brotli && length <= MaxFileBytes
            ? found
            : throw new ImageFault(
                $"{directory.Name}/{FileName}", 0, "chunk filters", $"{None}, {Gzip} or {Brotli}", found).Exception();
    }

    /// <summary>Whether files are as they are.</summary>
    internal static bool IsNone(string filter) => filter == None;

    /// <summary>A file's content.</summary>
    /// <param name="directory">Where the file is.</param>
    /// <param name="path">The file.</param>
    /// <param name="filter">What <see cref="Find"/> said.</param>
    /// <param name="maxLength">How long the content may be.</param>
    /// <exception cref="ImageFormatException">It is not there, damaged, or longer.</exception>
    internal static byte[] Read(IImageDirectory directory, string path, string filter, int maxLength)
    {
        string name = $"{directory.Name}/{path}";
        long length = directory.LengthOf(path)
            ?? throw new ImageFault(name, 0, "file", "one that is there", "none").Exception();
        if (length > maxLength + (IsNone(filter) ? 0 : MaxOverheadBytes))
        {
            throw new ImageFault(name, 0, "length of the file", $"at most {maxLength} bytes", $"{length} bytes")
                .Exception();
        }

        byte[] bytes = new byte[(int)length];
        directory.Read(path, 0, bytes);
        return IsNone(filter) ? bytes
            : Decompress(bytes, filter, maxLength)
                ?? throw new ImageFault(
                    name, 0, "compressed file", $"at most {maxLength} bytes, compressed as {filter}", "something else")
                    .Exception();
    }

    private static byte[]? Decompress(byte[] bytes, string filter, int maxLength)
    {
        byte[] content = new byte[maxLength + 1];
        try
        {
            using MemoryStream compressed = new(bytes, writable: false);
            using Stream stream = filter == Gzip
                ? new GZipStream(compressed, CompressionMode.Decompress)
                : new BrotliStream(compressed, CompressionMode.Decompress);
            int length = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            return length <= maxLength ? content[..length] : null;
        }
        catch (Exception damage) when (damage is InvalidDataException or InvalidOperationException or IOException)
        {
            return null;
        }
    }
}
