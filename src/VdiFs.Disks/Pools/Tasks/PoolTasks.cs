using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using VdiFs.Disks.Failover;
using VdiFs.Disks.Pools.Owners;
using VdiFs.Xapi;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Tasks;

/// <summary>
/// Shows in the pool who reads whole files: a task per file, which everybody there sees and may cancel. A pool that
/// does not take the task keeps nobody from reading. Thread-safe.
/// </summary>
internal sealed class PoolTasks : IAsyncDisposable
{
    /// <summary>Readers with a task at once; the rest read without one.</summary>
    private const int MaximumTasks = 200;

    /// <summary>How often the tasks are looked at while there are any.</summary>
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    /// <summary>How long the end waits for the pool to take the last words.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(10);

    private readonly IPool _pool;
    private readonly PoolOwner _owner;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConcurrentQueue<FileReading> _arrivals = new();

    // One wake-up is as good as many.
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly CancellationTokenSource _closing = new();
    private readonly List<PoolTask> _tasks = [];
    private readonly Task _loop;
    private bool _hasTold;

    public PoolTasks(IPool pool, PoolOwner owner, TimeProvider time, ILogger logger)
    {
        _logger = logger;
        _pool = pool;
        _owner = owner;
        _time = time;
        _loop = RunAsync();
    }

    /// <summary>A file is being read in bulk.</summary>
    public void Add(FileReading reading)
    {
        _arrivals.Enqueue(reading);
        Wake();
    }

    /// <summary>Something about a reading has changed.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using CancellationTokenSource limit = new(LastWords, _time);
        try
        {
            await Task.WhenAll(_tasks.Select(task => task.StepAsync(isLast: true, limit.Token))).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The pool does not listen; it drops tasks without an owner by itself.
        }

        _closing.Dispose();
    }

    private async Task RunAsync()
    {
        // Off the constructor's thread.
        await Task.Yield();
        try
        {
            while (true)
            {
                PoolDatabase seen = _pool.Database;
                TakeArrivals();
                foreach (PoolTask task in _tasks)
                {
                    await task.StepAsync(isLast: false, _closing.Token).ConfigureAwait(false);
                }

                TellOnce(_tasks.Select(task => task.Refusal).FirstOrDefault(refusal => refusal is not null));
                _tasks.RemoveAll(task => task.IsOver);
                await WaitAsync(seen).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // The pool is being closed.
        }
    }

    /// <summary>The next file will be refused as well: one line is enough.</summary>
    private void TellOnce(XapiException? refusal)
    {
        if (refusal is not null && !_hasTold)
        {
            _hasTold = true;
            DisksLog.TasksRefused(_logger, _pool.Source, refusal.Message);
        }
    }

    private void TakeArrivals()
    {
        while (_arrivals.TryDequeue(out FileReading? reading))
        {
            if (_tasks.Count < MaximumTasks)
            {
                _tasks.Add(new PoolTask(reading, _pool, _owner, _time));
            }
        }
    }

    /// <summary>Waits until there may be something to do: while there is no task, for the next to arrive.</summary>
    private async Task WaitAsync(PoolDatabase seen)
    {
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
        List<Task> reasons = [_wake.Reader.ReadAsync(enough.Token).AsTask()];
        if (_tasks.Count > 0)
        {
            reasons.Add(Pause.ForAsync(Beat, _time, enough.Token));
            reasons.Add(_pool.WaitForChangeAsync(seen, enough.Token));
        }

        await Task.WhenAny(reasons).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
        // None outlives its turn.
        await Task.WhenAll(reasons).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closing.Token.ThrowIfCancellationRequested();
    }
}
