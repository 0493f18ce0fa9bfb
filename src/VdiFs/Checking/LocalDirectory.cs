using Microsoft.Win32.SafeHandles;
using VdiFs.Formats.Reading;

namespace VdiFs.Checking;

/// <summary>An image on this machine that is a directory. One of its files is open at a time: it may have a million.
/// </summary>
/// <param name="path">The directory.</param>
/// <param name="cancellationToken">Ends whoever reads it.</param>
internal sealed class LocalDirectory(string path, CancellationToken cancellationToken) : IImageDirectory, IDisposable
{
    private string? _openPath;
    private SafeFileHandle? _open;

    public string Name { get; } = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));

    public long? LengthOf(string file)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return File.Exists(Path.Combine(path, file)) ? RandomAccess.GetLength(Open(file)) : null;
    }

    public void Read(string file, long fileOffset, Span<byte> destination)
    {
        SafeFileHandle handle = Open(file);
        while (!destination.IsEmpty)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = RandomAccess.Read(handle, destination, fileOffset);
            if (count == 0)
            {
                throw new IOException($"{Path.Combine(path, file)} ends at {fileOffset}: it is being changed");
            }

            destination = destination[count..];
            fileOffset += count;
        }
    }

    public IEnumerable<string> List(string directory)
    {
        string full = Path.Combine(path, directory);
        return Directory.Exists(full)
            ? Directory.EnumerateFileSystemEntries(full).Select(entry => Path.GetFileName(entry))
            : [];
    }

    public void Dispose() => _open?.Dispose();

    private SafeFileHandle Open(string file)
    {
        if (_open is null || _openPath != file)
        {
            _open?.Dispose();
            _open = null;
            _open = File.OpenHandle(
                Path.Combine(path, file), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            _openPath = file;
        }

        return _open;
    }
}
