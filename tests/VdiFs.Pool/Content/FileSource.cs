using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace VdiFs.Pool.Content;

/// <summary>A local file's bytes; its holes are not allocated. The file must not change meanwhile.</summary>
public sealed partial class FileSource : IContentSource, IDisposable
{
    private const int SeekData = 3;
    private const int SeekHole = 4;

    private readonly SafeFileHandle _file;
    private readonly List<ByteRange> _extents = [];

    public FileSource(string path)
    {
        _file = File.OpenHandle(path);
        Length = RandomAccess.GetLength(_file);
        for (long position = 0; position < Length;)
        {
            // Fails with ENXIO when nothing but a hole is left.
            long data = Seek(_file, position, SeekData);
            if (data < 0)
            {
                break;
            }

            position = Seek(_file, data, SeekHole);
            _extents.Add(new ByteRange(data, position - data));
        }
    }

    /// <summary>Bytes of the file.</summary>
    public long Length { get; }

    public IReadOnlyList<ByteRange> Extents => _extents;

    public void Read(long diskOffset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            int count = RandomAccess.Read(_file, destination, diskOffset);
            if (count == 0)
            {
                destination.Clear();
                return;
            }

            destination = destination[count..];
            diskOffset += count;
        }
    }

    public void Dispose() => _file.Dispose();

    [LibraryImport("libc", EntryPoint = "lseek")]
    private static partial long Seek(SafeFileHandle file, long offset, int whence);
}
