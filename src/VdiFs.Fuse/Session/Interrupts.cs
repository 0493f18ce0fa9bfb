using VdiFs.Fuse.Device;

namespace VdiFs.Fuse.Session;

/// <summary>
/// INTERRUPT: a request whose caller is to end is answered EINTR at once; its operation is cancelled and may end later.
/// Any other caller waits on for its answer, as for a local disk's. The kernel tells of a caller's first signal only
/// (fs/fuse/dev.c, request_wait_answer), so it is looked at from time to time from then on: one that is killed
/// meanwhile would otherwise stay until the answer.
/// </summary>
internal sealed class Interrupts : IDisposable
{
    /// <summary>How long a caller takes to notice its end, at most: what a user does not notice.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly InFlightTable _inFlight;
    private readonly Action<FuseRequest> _answer;
    private readonly Timer _timer;

    /// <param name="inFlight">The requests that wait.</param>
    /// <param name="answer">Answers a claimed request EINTR.</param>
    public Interrupts(InFlightTable inFlight, Action<FuseRequest> answer)
    {
        _inFlight = inFlight;
        _answer = answer;
        _timer = new Timer(_ => LookAgain(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The kernel has interrupted a request.</summary>
    public void Arrived(ulong unique)
    {
        if (_inFlight.MarkInterrupted(unique) is { } caller && !EndIfAsked(unique, caller))
        {
            LookLater();
        }
    }

    public void Dispose() => _timer.Dispose();

    private void LookAgain()
    {
        bool anyWaits = false;
        foreach ((ulong unique, uint caller) in _inFlight.Interrupted())
        {
            anyWaits |= !EndIfAsked(unique, caller);
        }

        if (anyWaits)
        {
            LookLater();
        }
    }

    private void LookLater() => _timer.Change(Interval, Timeout.InfiniteTimeSpan);

    private bool EndIfAsked(ulong unique, uint caller)
    {
        if (!CallerSignals.AskToEnd(caller))
        {
            return false;
        }

        if (_inFlight.Take(unique) is { } request)
        {
            _answer(request);
        }

        return true;
    }
}
