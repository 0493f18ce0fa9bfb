namespace VdiFs.Xapi;

/// <summary>
/// The time of a call that makes something in the pool: it goes on for a while after its caller has left. The pool
/// makes the thing whoever waits, and only its answer says what to clear away. A call that has not gone out yet ends at
/// once. Thread-safe.
/// </summary>
internal sealed class GracePeriod : IDisposable
{
    private readonly XapiOptions _options;
    private readonly CancellationTokenSource _over;
    private readonly CancellationTokenRegistration _leaving;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private bool _isSent;
    private bool _hasLeft;

    /// <param name="options">How long it goes on.</param>
    /// <param name="caller">Cancelled when the caller leaves; it has not left yet.</param>
    /// <exception cref="OperationCanceledException">It has.</exception>
    public GracePeriod(XapiOptions options, CancellationToken caller)
    {
        caller.ThrowIfCancellationRequested();
        _options = options;
        _over = new CancellationTokenSource(Timeout.InfiniteTimeSpan, options.TimeProvider);
        _leaving = caller.Register(Leave);
    }

    /// <summary>Ends the call; never before the caller has left.</summary>
    public CancellationToken Token => _over.Token;

    /// <summary>The call goes out now: from here on the pool may have heard it.</summary>
    /// <exception cref="OperationCanceledException">The caller has left: it must not.</exception>
    public void Send()
    {
        lock (_gate)
        {
            if (!_hasLeft)
            {
                _isSent = true;
                return;
            }
        }

        throw new OperationCanceledException(_over.Token);
    }

    public void Dispose()
    {
        _leaving.Dispose();
        _over.Dispose();
    }

    private void Leave()
    {
        bool isSent;
        lock (_gate)
        {
            _hasLeft = true;
            isSent = _isSent;
        }

        if (isSent)
        {
            _over.CancelAfter(_options.LogoutTimeout);
        }
        else
        {
            _over.Cancel();
        }
    }
}
