namespace VdiFs.Disks.Failover;

/// <summary>
/// Rations second attempts: a bounded number at once, because each needs memory of its own, and early ones ("hedges")
/// only for a small share of all reads, because an overloaded server answers late to everything. Thread-safe.
/// </summary>
/// <param name="atOnce">How many of this disk.</param>
/// <param name="ofAllDisks">Places that several disks share, kept by the caller; null: there are only its own.</param>
internal sealed class SecondAttempts(int atOnce, SemaphoreSlim? ofAllDisks = null) : IDisposable
{
    // One early attempt for each hundred reads; some may be saved up.
    private const double EarnedPerRead = 0.01;
    private const double MostSaved = 4;

    private readonly SemaphoreSlim _places = new(atOnce);
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private double _saved = MostSaved;

    /// <summary>A read was delivered.</summary>
    public void Earn()
    {
        lock (_gate)
        {
            _saved = Math.Min(_saved + EarnedPerRead, MostSaved);
        }
    }

    /// <summary>Takes a place for an early attempt, if there is one to spare.</summary>
    public bool TryTakeEarly()
    {
        lock (_gate)
        {
            if (_saved < 1 || !TryTakePlace())
            {
                return false;
            }

            _saved--;
            return true;
        }
    }

    /// <summary>Waits for a place for an attempt that is due.</summary>
    public async Task TakeAsync(CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await (ofAllDisks?.WaitAsync(cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _places.Release();
            throw;
        }
    }

    /// <summary>Gives a place back.</summary>
    public void Return()
    {
        ofAllDisks?.Release();
        _places.Release();
    }

    public void Dispose() => _places.Dispose();

    private bool TryTakePlace()
    {
        if (!_places.Wait(0, CancellationToken.None))
        {
            return false;
        }

        if (ofAllDisks?.Wait(0, CancellationToken.None) == false)
        {
            _places.Release();
            return false;
        }

        return true;
    }
}
