namespace VdiFs.Disks.Pools.Tasks;

/// <summary>Counts who uses the files of one disk. Thread-safe.</summary>
internal sealed class PoolDiskUsage(TimeProvider time, PoolTasks tasks, Func<string> pathOf) : IDiskUsage
{
    private readonly Lock _gate = new();

    // Written with _gate held, as a new array each time; read without.
    private OpenFile[] _files = [];

    private long _lastUse = time.GetTimestamp();
    private int _searches;

    /// <summary>The disk; set before anybody can use it.</summary>
    public DiskEntry? Entry { get; set; }

    /// <summary>Told after the last file was closed.</summary>
    public Action? OnUnused { get; set; }

    /// <summary>Whether any file is open.</summary>
    public bool IsUsed => Volatile.Read(ref _files).Length > 0;

    /// <summary>Whether somebody waits for its map: that may take hours without a read.</summary>
    public bool IsSearched => Volatile.Read(ref _searches) > 0;

    /// <summary>How long nobody has read, opened or closed anything.</summary>
    public TimeSpan IdleTime => time.GetElapsedTime(Interlocked.Read(ref _lastUse));

    public void Opened(string fileName)
    {
        Touch();
        lock (_gate)
        {
            if (Find(fileName) is { } file)
            {
                file.Readers++;
                return;
            }

            FileReading reading = new(fileName, Entry!, pathOf, tasks.Add);
            _files = [.. _files, new OpenFile(fileName, reading) { Readers = 1 }];
        }
    }

    public void Released(string fileName)
    {
        Touch();
        lock (_gate)
        {
            if (Find(fileName) is not { } file || --file.Readers > 0)
            {
                return;
            }

            file.Reading.Close();
            _files = [.. _files.Where(other => other != file)];
        }

        tasks.Wake();
        if (!IsUsed)
        {
            OnUnused?.Invoke();
        }
    }

    public void Reading(string fileName, long fileLength, long fileOffset, int length)
    {
        Touch();
        Find(fileName)?.Reading.Read(fileLength, fileOffset, length);
    }

    /// <summary>The disk's bytes or map are needed, whoever asks.</summary>
    public void Touch() => Interlocked.Exchange(ref _lastUse, time.GetTimestamp());

    /// <summary>Searches for the disk's map, which is use of the disk from its start to its end.</summary>
    public async Task<T> SearchAsync<T>(Func<Task<T>> search)
    {
        Touch();
        Interlocked.Increment(ref _searches);
        try
        {
            return await search().ConfigureAwait(false);
        }
        finally
        {
            Touch();
            Interlocked.Decrement(ref _searches);
        }
    }

    private OpenFile? Find(string fileName)
    {
        foreach (OpenFile file in Volatile.Read(ref _files))
        {
            if (file.Name == fileName)
            {
                return file;
            }
        }

        return null;
    }

    /// <summary>A file that is open.</summary>
    private sealed class OpenFile(string name, FileReading reading)
    {
        public string Name { get; } = name;

        public FileReading Reading { get; } = reading;

        // Guarded by the gate of the usage.
        public int Readers { get; set; }
    }
}
