using System.Globalization;

namespace VdiFs.Disks.Failover;

/// <summary>
/// The endpoints of one disk, as its directory last told them. Whoever is new comes in, whoever is gone goes out unless
/// it is connected. They are in the directory's order, and tried in it. Asked by one caller at a time; looked at from
/// any thread.
/// </summary>
internal sealed class EndpointRoster(
    IServerDirectory directory, Func<DiskServer, Endpoint> make, FailoverOptions options) : IAsyncDisposable
{
    private readonly List<Task> _partings = [];

    // Replaced, never changed.
    private volatile Endpoint[] _all = [];
    private volatile DiskException? _trouble;
    private long? _askedAt;

    /// <summary>The endpoints as they are known now.</summary>
    public IReadOnlyList<Endpoint> All => _all;

    /// <summary>Why the directory has named no server when it was asked last; null when it has.</summary>
    public DiskException? Trouble => _trouble;

    /// <summary>
    /// Asks the directory, unless that was done a moment ago, or nothing has failed since and this is no new start.
    /// </summary>
    /// <param name="isStart">Whether connecting begins just now.</param>
    /// <param name="closing">Ends it.</param>
    public async Task AskAsync(bool isStart, CancellationToken closing)
    {
        if (_askedAt is { } asked && !IsDue(asked, isStart))
        {
            return;
        }

        _trouble = await FindAsync(closing).ConfigureAwait(false);
        _askedAt = options.TimeProvider.GetTimestamp();
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_all.Select(endpoint => endpoint.DisposeAsync().AsTask())).ConfigureAwait(false);
        await Task.WhenAll(_partings).ConfigureAwait(false);
    }

    private bool IsDue(long asked, bool isStart) =>
        options.TimeProvider.GetElapsedTime(asked) >= options.DirectoryInterval
        && (isStart || _trouble is not null || _all.Any(endpoint => endpoint.FailedAt >= asked));

    private async Task<DiskException?> FindAsync(CancellationToken closing)
    {
        using CancellationTokenSource timer = new(options.DirectoryTimeout, options.TimeProvider);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(closing, timer.Token);
        try
        {
            IReadOnlyList<DiskServer> found = await directory.FindAsync(limit.Token).ConfigureAwait(false);
            Merge(found);
            return found.Count > 0
                ? null
                : new DiskException(DiskErrorKind.Unreachable, "no server has the disk just now");
        }
        catch (DiskException trouble)
        {
            return trouble;
        }
        catch (OperationCanceledException cause) when (!closing.IsCancellationRequested)
        {
            return new DiskException(
                DiskErrorKind.Unreachable,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"which servers have the disk was not found out in {options.DirectoryTimeout.TotalSeconds:0.#} s"),
                cause);
        }
#pragma warning disable CA1031 // Part of the connecting loop: whatever it is, readers wait for an outcome.
        catch (Exception cause) when (cause is not OperationCanceledException)
#pragma warning restore CA1031
        {
            return new DiskException(
                DiskErrorKind.Unreachable, $"which servers have the disk was not found out: {cause.Message}", cause);
        }
    }

    private void Merge(IReadOnlyList<DiskServer> found)
    {
        Dictionary<string, Endpoint> known = _all.ToDictionary(endpoint => endpoint.Address);
        List<Endpoint> all = [];
        foreach (DiskServer server in found.DistinctBy(server => server.Address))
        {
            if (known.Remove(server.Address, out Endpoint? endpoint))
            {
                endpoint.Update(server);
                all.Add(endpoint);
            }
            else
            {
                all.Add(make(server));
            }
        }

        foreach (Endpoint gone in known.Values)
        {
            if (gone.Client is not null)
            {
                all.Add(gone);
                continue;
            }

            _partings.RemoveAll(static parting => parting.IsCompleted);
            _partings.Add(gone.DisposeAsync().AsTask());
        }

        _all = [.. all];
    }
}
