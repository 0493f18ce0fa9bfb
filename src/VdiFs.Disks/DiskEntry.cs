using VdiFs.Disks.Cache;
using VdiFs.Disks.Catalogs;
using VdiFs.Formats;

namespace VdiFs.Disks;

/// <summary>A disk that a catalog knows of. Knowing it costs nothing; it is opened by the first who needs its bytes or
/// its allocation, once for all, and stays open until the mount ends. Thread-safe.</summary>
public sealed class DiskEntry : IAsyncDisposable
{
    private readonly Func<CancellationToken, Task<OpenedSource>> _open;
    private readonly IAsyncDisposable? _held;
    private readonly CancellationTokenSource _closing = new();

    // Guarded by _gate.
    private readonly Lock _gate = new();
    private Task<OpenDisk>? _opening;
    private bool _isClosed;

    /// <summary>Describes a disk.</summary>
    /// <param name="name">Its name at the source; may be empty or hold any character.</param>
    /// <param name="origin">What it is read from, for people: a URI or a path, without secrets.</param>
    /// <param name="identity">What its files' bytes, times and inodes are derived from.</param>
    /// <param name="length">Its length in bytes, or null if only opening tells.</param>
    /// <param name="open">Opens it at its source; may be called again after a failure.</param>
    /// <param name="held">What <paramref name="open"/> will make the disk of, if that is open already: closed with
    /// the entry when nobody ever needed the disk.</param>
    internal DiskEntry(
        string name,
        string origin,
        DiskIdentity identity,
        long? length,
        Func<CancellationToken, Task<OpenedSource>> open,
        IAsyncDisposable? held = null)
    {
        Name = name;
        Origin = origin;
        Identity = identity;
        DescribedLength = length;
        _open = open;
        _held = held;
    }

    /// <summary>The disk's name at its source; may be empty or hold any character.</summary>
    public string Name { get; }

    /// <summary>What the disk is read from: a URI or a path, without secrets.</summary>
    public string Origin { get; }

    /// <summary>
    /// What the source says about the disk, as it came: any text; null if it says nothing, or has not yet
    /// (<see cref="WaitForDescriptionAsync"/>).
    /// </summary>
    public string? Description
    {
        get => field ?? Pending?.Text;
        init;
    }

    /// <summary>What the disk's files' bytes, times and inodes are derived from.</summary>
    public DiskIdentity Identity { get; }

    /// <summary>
    /// Tells apart what the same disk held at different times: inodes depend on it as well. Empty for a disk that never
    /// changes.
    /// </summary>
    public string Revision { get; init; } = "";

    /// <summary>
    /// Whether finding out what is allocated costs the source something. Then nobody who merely looks at a file asks
    /// for it: a raw file's attributes come from <see cref="KnownLength"/>.
    /// </summary>
    public bool MapCosts { get; init; }

    /// <summary>Told how the disk's files are used; null when nobody wants to know.</summary>
    public IDiskUsage? Usage { get; init; }

    /// <summary>The disk's length in bytes as far as known without opening it.</summary>
    public long? KnownLength => Opened?.Length ?? DescribedLength ?? Pending?.Length;

    /// <summary>The disk if it is open.</summary>
    public OpenDisk? Opened
    {
        get
        {
            Task<OpenDisk>? opening = Volatile.Read(ref _opening);
            return opening is { IsCompletedSuccessfully: true } ? opening.Result : null;
        }
    }

    /// <summary>What the source is still to tell; null if it has told all at once.</summary>
    internal PendingDescription? Pending { get; init; }

    private long? DescribedLength { get; }

    /// <summary>
    /// Waits until the source has told of the disk what it tells without opening it. What a directory lists and what is
    /// said of a disk must not depend on who was first.
    /// </summary>
    /// <param name="cancellationToken">Ends this caller's wait.</param>
    public Task WaitForDescriptionAsync(CancellationToken cancellationToken) =>
        Pending is { IsTold: false } pending
            ? pending.HurryAsync().WaitAsync(cancellationToken)
            : Task.CompletedTask;

    /// <summary>Opens the disk, or joins whoever is opening it; after a failure the next call tries again.</summary>
    /// <param name="cache">The mount's cache.</param>
    /// <param name="cancellationToken">Ends this caller's wait, not the opening.</param>
    /// <exception cref="DiskException">The source failed; Changed: the source has no such disk any more.</exception>
    public Task<OpenDisk> OpenAsync(BlockCache cache, CancellationToken cancellationToken)
    {
        Task<OpenDisk> opening;
        lock (_gate)
        {
            if (_isClosed)
            {
                throw Closed();
            }

            if (_opening is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _opening = OpenSourceAsync(cache);
            }

            opening = _opening;
        }

        return opening.WaitAsync(cancellationToken);
    }

    /// <summary>Closes the disk if it is open.</summary>
    public async ValueTask DisposeAsync()
    {
        Task<OpenDisk>? opening;
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            opening = _opening;
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        if (opening is not null)
        {
            await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (Opened is { } disk)
        {
            await disk.DisposeAsync().ConfigureAwait(false);
        }
        else if (_held is not null)
        {
            await _held.DisposeAsync().ConfigureAwait(false);
        }

        _closing.Dispose();
    }

    private async Task<OpenDisk> OpenSourceAsync(BlockCache cache)
    {
        // Off the caller's thread, which may be one that reads requests from the kernel.
        await Task.Yield();
        OpenedSource source = await CallSourceAsync().ConfigureAwait(false);
        DiskException? refusal = WrongLengthOf(source.Disk);
        if (refusal is null && cache.TryAddMap(source.Map.MemoryBytes))
        {
            return new OpenDisk(source, cache);
        }

        if (_held is null)
        {
            await source.Disk.DisposeAsync().ConfigureAwait(false);
        }

        throw refusal ?? new DiskException(
            DiskErrorKind.OutOfMemory,
            $"the allocation map of {Origin} takes {source.Map.MemoryBytes} bytes, "
            + "which the memory limit does not leave: raise --memory-limit");
    }

    // Files were shown by the length that was known before: with another one they would be cut, or end in zeros.
    private DiskException? WrongLengthOf(IDisk disk) =>
        MapCosts && DescribedLength is { } length && length != disk.Length
            ? new DiskException(
                DiskErrorKind.Changed,
                $"{Origin} has {disk.Length} bytes in place of the {length} that its source tells")
            : null;

    private async Task<OpenedSource> CallSourceAsync()
    {
        try
        {
            return await _open(_closing.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            throw Closed();
        }
    }

    private DiskException Closed() =>
        new(DiskErrorKind.Changed, $"{Origin} is not there any more as it was: look it up again");
}
