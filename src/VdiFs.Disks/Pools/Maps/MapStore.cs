using Microsoft.Extensions.Logging;
using VdiFs.Formats.Allocation;

namespace VdiFs.Disks.Pools.Maps;

/// <summary>
/// Allocation maps of snapshots, kept in a directory from mount to mount: a file per VDI. A store that cannot be read
/// or written costs a question to the pool and nothing else. Thread-safe; several processes may share the directory.
/// </summary>
/// <param name="directory">The directory; made when something is kept.</param>
/// <param name="maximumBytes">What all files together may take; the oldest go first.</param>
/// <param name="time">The clock that tells which are the oldest.</param>
/// <param name="logger">Told when the directory cannot be used.</param>
internal sealed class MapStore(string directory, long maximumBytes, TimeProvider time, ILogger logger)
{
    /// <summary>What all maps of a user take at most: those of some 10,000 ordinary disks.</summary>
    public const long DefaultMaximumBytes = 256L * 1024 * 1024;

    private const string Extension = ".map";

    private static readonly TimeSpan UnfinishedForever = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();

    /// <summary>The map of a snapshot; null when there is none that can be trusted.</summary>
    public AllocationMap? TryLoad(MapKey key)
    {
        string path = PathOf(key);
        try
        {
            // A map that calls data a hole makes it zeros: only this user may have written it.
            FileInfo file = new(path);
            if (!file.Exists || file.Length > MapFile.MaximumBytes || !PrivateFiles.IsOurs(directory))
            {
                return null;
            }

            AllocationMap? map = MapFile.Read(File.ReadAllBytes(path), key);
            if (map is not null)
            {
                // In use: not among the oldest.
                File.SetLastWriteTimeUtc(path, time.GetUtcNow().UtcDateTime);
            }

            return map;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            DisksLog.MapStoreFailed(logger, directory, exception.Message);
            return null;
        }
    }

    /// <summary>Keeps the map of a snapshot.</summary>
    public void Save(MapKey key, AllocationMap map)
    {
        if (MapFile.Write(key, map) is not { } bytes)
        {
            return;
        }

        try
        {
            PrivateFiles.CreateDirectory(directory);
            if (!PrivateFiles.IsOurs(directory))
            {
                DisksLog.MapStoreFailed(logger, directory, "others may write to it; chmod go-w it");
                return;
            }

            PrivateFiles.Write(PathOf(key), bytes);
            MakeRoom();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            DisksLog.MapStoreFailed(logger, directory, exception.Message);
        }
    }

    /// <summary>Keeps the map of a snapshot no longer.</summary>
    public void Delete(MapKey key)
    {
        string path = PathOf(key);
        try
        {
            if (File.Exists(path))
            {
                File.Delete(path);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            DisksLog.MapStoreFailed(logger, directory, exception.Message);
        }
    }

    private string PathOf(MapKey key) => Path.Combine(directory, key.Uuid.ToString("D") + Extension);

    private void MakeRoom()
    {
        lock (_gate)
        {
            FileInfo[] files = [.. new DirectoryInfo(directory).EnumerateFiles()];
            DateTime forgotten = time.GetUtcNow().UtcDateTime - UnfinishedForever;
            foreach (FileInfo file in files.Where(
                file => file.Extension == PrivateFiles.UnfinishedExtension && file.LastWriteTimeUtc < forgotten))
            {
                file.Delete();
            }

            FileInfo[] maps =
                [.. files.Where(file => file.Extension == Extension).OrderBy(file => file.LastWriteTimeUtc)];
            long bytes = maps.Sum(file => file.Length);
            foreach (FileInfo oldest in maps.TakeWhile(_ => bytes > maximumBytes))
            {
                bytes -= oldest.Length;
                oldest.Delete();
            }
        }
    }
}
