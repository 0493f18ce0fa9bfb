using Microsoft.Win32.SafeHandles;
using VdiFs.Formats.Reading;

namespace VdiFs.Checking;

/// <summary>An image file on this machine, with the files of its directory that it refers to. Owns them all.</summary>
internal sealed class LocalImage : IImageBytes, IDisposable
{
    // A chain has no more; a descriptor has one extent.
    private const int MaxSiblings = 256;

    private readonly SafeFileHandle _handle;
    private readonly string _path;
    private readonly CancellationToken _cancellationToken;
    private readonly List<LocalImage> _siblings = [];
    private readonly List<LocalDirectory> _directories = [];

    private LocalImage(string path, CancellationToken cancellationToken)
    {
        _path = path;
        _cancellationToken = cancellationToken;
        Name = Path.GetFileName(path);
        _handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Length = RandomAccess.GetLength(_handle);
    }

    public string Name { get; }

    public long Length { get; }

    /// <param name="path">Which file.</param>
    /// <param name="cancellationToken">Ends whoever reads it: a check of tables alone may take minutes.</param>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not read it.</exception>
    public static LocalImage Open(string path, CancellationToken cancellationToken)
    {
        string full = Path.GetFullPath(path);
        return Directory.Exists(full)
            ? throw new IOException($"{path} is a directory: name the image file itself")
            : new LocalImage(full, cancellationToken);
    }

    public void Read(long fileOffset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            int count = RandomAccess.Read(_handle, destination, fileOffset);
            if (count == 0)
            {
                throw new IOException(
                    $"{_path} ends at {fileOffset}: it had {Length} bytes when it was opened, and is being changed");
            }

            destination = destination[count..];
            fileOffset += count;
        }
    }

    /// <summary>Only a file of the same directory, whatever an image says: one from elsewhere must not be able to name
    /// any file of this machine.</summary>
    public IImageBytes? OpenSibling(string name)
    {
        string path = Path.Combine(Path.GetDirectoryName(_path)!, name);
        if (name.Length == 0 || name is "." or ".." || name.AsSpan().ContainsAny('/', '\\', '\0') || !File.Exists(path))
        {
            return null;
        }

        ThrowIfTooMany(_siblings.Count);
        LocalImage sibling = new(path, _cancellationToken);
        _siblings.Add(sibling);
        return sibling;
    }

    /// <summary>Only a directory of the same directory or below, whatever an image says.</summary>
    public IImageDirectory? OpenDirectory(string path)
    {
        string full = Path.Combine(Path.GetDirectoryName(_path)!, path);
        if (path.Split('/').Any(name => name is "" or "." or "..") || path.AsSpan().ContainsAny('\\', '\0')
            || !Directory.Exists(full))
        {
            return null;
        }

        ThrowIfTooMany(_directories.Count);
        LocalDirectory directory = new(full, _cancellationToken);
        _directories.Add(directory);
        return directory;
    }

    public void Dispose()
    {
        foreach (LocalDirectory directory in _directories)
        {
            directory.Dispose();
        }

        foreach (LocalImage sibling in _siblings)
        {
            sibling.Dispose();
        }

        _handle.Dispose();
    }

    private void ThrowIfTooMany(int count)
    {
        if (count == MaxSiblings)
        {
            throw new IOException($"{_path} refers to more than {MaxSiblings} others");
        }
    }
}
