namespace VdiFs.Xapi;

/// <summary>
/// The time of a call that makes something in the pool: it goes on for a while after its caller has left. The pool
/// makes the thing whoever waits, and only its answer says what to clear away.
/// </summary>
internal sealed class GracePeriod : IDisposable
{
    private readonly CancellationTokenSource _over;
    private readonly CancellationTokenRegistration _leaving;

    /// <param name="options">How long it goes on.</param>
    /// <param name="caller">Cancelled when the caller leaves; it has not left yet.</param>
    /// <exception cref="OperationCanceledException">It has.</exception>
    public GracePeriod(XapiOptions options, CancellationToken caller)
    {
        caller.ThrowIfCancellationRequested();
        _over = new CancellationTokenSource(Timeout.InfiniteTimeSpan, options.TimeProvider);
        _leaving = caller.Register(() => _over.CancelAfter(options.LogoutTimeout));
    }

    /// <summary>Ends the call; never before the caller has left.</summary>
    public CancellationToken Token => _over.Token;

    public void Dispose()
    {
        _leaving.Dispose();
        _over.Dispose();
    }
}
