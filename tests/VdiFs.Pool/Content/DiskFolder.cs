using System.Globalization;

namespace VdiFs.Pool.Content;

/// <summary>
/// Real disks: FOLDER/NAME/1.raw is what the disk of that name holds at first, 2.raw what it holds after the next
/// change to it, and so on. A disk without a folder is made up.
/// </summary>
public sealed class DiskFolder : IDisposable
{
    private readonly string? _path;
    private readonly Dictionary<string, FileSource> _sources = new(StringComparer.Ordinal);

    /// <param name="path">Where; null for no real disks at all.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public DiskFolder(string? path)
    {
        _path = path is null || Directory.Exists(path)
            ? path
            : throw new DirectoryNotFoundException($"There is no folder {path} of disks.");
    }

    /// <summary>What a disk holds after so many changes, the first being 1; null when there is no such file.</summary>
    public FileSource? Find(string name, int stage)
    {
        if (_path is null || name.Length == 0 || name.Contains('/', StringComparison.Ordinal))
        {
            return null;
        }

        string file = Path.Combine(_path, name, stage.ToString(CultureInfo.InvariantCulture) + ".raw");
        if (_sources.TryGetValue(file, out FileSource? known) || !File.Exists(file))
        {
            return known;
        }

        FileSource source = new(file);
        _sources.Add(file, source);
        return source;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (FileSource source in _sources.Values)
        {
            source.Dispose();
        }
    }
}
