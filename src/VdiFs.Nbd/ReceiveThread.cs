using System.Diagnostics;

namespace VdiFs.Nbd;

/// <summary>
/// The thread on which a connection's receives block: its handshake one by one, then its receive loop. A receive that
/// blocks wakes one thread when bytes come; an asynchronous one wakes the thread that polls, which wakes another.
/// </summary>
public sealed class ReceiveThread
{
    /// <summary>Bytes of stack. What follows a good read goes on here, as it does on FUSE's reader threads.</summary>
    private const int StackBytes = 512 * 1024;

    private readonly Thread _thread;
    private readonly Action _last;
    private readonly object _gate = new();

    // Guarded by _gate, whose pulse tells of changes.
    private Action? _next;
    private bool _isOver;

    /// <param name="last">What it does before it ends.</param>
    internal ReceiveThread(Action last)
    {
        _last = last;
        _thread = new Thread(Work, StackBytes) { IsBackground = true, Name = "nbd-receive" };
        _thread.Start();
    }

    /// <summary>Whether the caller runs on it.</summary>
    internal bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>Runs a job on it; what awaits the job goes on elsewhere. One job at a time.</summary>
    /// <exception cref="ObjectDisposedException">The thread has ended.</exception>
    internal Task<T> RunAsync<T>(Func<T> job)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isOver, this);
            Debug.Assert(_next is null);
            _next = () => Run(job, done);
            Monitor.Pulse(_gate);
        }

        return done.Task;
    }

    /// <summary>Lets it end as soon as the job that it runs has ended.</summary>
    internal void End()
    {
        lock (_gate)
        {
            _isOver = true;
            Monitor.Pulse(_gate);
        }
    }

    private static void Run<T>(Func<T> job, TaskCompletionSource<T> done)
    {
        try
        {
            done.SetResult(job());
        }
        catch (Exception failure)
        {
            // The top of a thread: whoever awaits the job hears of it, whatever it is.
            done.SetException(failure);
        }
    }

    private void Work()
    {
        while (Take() is { } job)
        {
            job();
        }

        _last();
    }

    /// <summary>The next job; null at the end, before which a job that was given is still run.</summary>
    private Action? Take()
    {
        lock (_gate)
        {
            while (_next is null && !_isOver)
            {
                Monitor.Wait(_gate);
            }

            Action? job = _next;
            _next = null;
            return job;
        }
    }
}
