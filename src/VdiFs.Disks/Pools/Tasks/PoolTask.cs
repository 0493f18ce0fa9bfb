using System.Globalization;
using VdiFs.Disks.Pools.Owners;
using VdiFs.Xapi;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Tasks;

/// <summary>
/// One task in the pool for one file being read: made, moved on, ended as the reading ends, and destroyed a moment
/// later. Used by one loop.
/// </summary>
internal sealed class PoolTask(FileReading reading, IPool pool, PoolOwner owner, TimeProvider time)
{
    /// <summary>Error code of a task whose file could not be read to its end.</summary>
    public const string ReadFailedCode = "VDIFS_READ_FAILED";

    private const string Success = "success";
    private const string Failure = "failure";
    private const string Cancelled = "cancelled";
    private const string Cancelling = "cancelling";
    private const string CancelOperation = "cancel";

    /// <summary>Progress is worth a call when it moved by so much, ...</summary>
    private const double ProgressStep = 0.01;

    /// <summary>... or moved at all and so long passed.</summary>
    private static readonly TimeSpan ProgressPause = TimeSpan.FromSeconds(5);

    /// <summary>How long an ended task is left for people to see.</summary>
    private static readonly TimeSpan Afterglow = TimeSpan.FromSeconds(10);

    private OpaqueRef? _task;
    private double _toldProgress;
    private long _toldAt;
    private long? _endedAt;
    private bool _isMarked;

    /// <summary>Whether nothing is left to do.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Why the pool will have none of it; null while it does.</summary>
    public XapiException? Refusal { get; private set; }

    /// <summary>Does what is due now.</summary>
    /// <param name="isLast">Whether there is no later: the reading counts as ended and the task is destroyed.</param>
    /// <param name="cancellationToken">Ends the calls.</param>
    public async Task StepAsync(bool isLast, CancellationToken cancellationToken)
    {
        try
        {
            await TryStepAsync(isLast, cancellationToken).ConfigureAwait(false);
        }
        catch (XapiException exception) when (exception.IsGone())
        {
            // Somebody has destroyed it, or XAPI was restarted: the reading goes on without.
            IsOver = true;
        }
        catch (XapiException exception)
        {
            // While the pool is away nothing is given up: what is not ended now would stay there for a day.
            IsOver = isLast || !exception.IsTransient;
            Refusal = exception.IsTransient ? null : exception;
        }
    }

    private async Task TryStepAsync(bool isLast, CancellationToken cancellationToken)
    {
        if (_task is null && (isLast || reading.IsClosed))
        {
            IsOver = true;
            return;
        }

        OpaqueRef task = _task ??= await CreateAsync(cancellationToken).ConfigureAwait(false);
        if (!_isMarked)
        {
            await pool.AddTaskNoteAsync(task, PoolOwner.OwnerKey, owner.ToString(), cancellationToken)
                .ConfigureAwait(false);
            _isMarked = true;
        }

        if (_endedAt is null && IsCancelledInPool(task))
        {
            reading.Cancel(new DiskException(
                DiskErrorKind.Cancelled,
                $"reading {reading.Path} was ended by somebody who cancelled its task in the pool"));
            await EndAsync(task, Cancelled, cancellationToken).ConfigureAwait(false);
        }
        else if (_endedAt is null && (isLast || reading.IsClosed))
        {
            await ConcludeAsync(task, cancellationToken).ConfigureAwait(false);
        }
        else if (_endedAt is null)
        {
            await TellProgressAsync(task, cancellationToken).ConfigureAwait(false);
        }

        if (_endedAt is { } ended && (isLast || (reading.IsClosed && time.GetElapsedTime(ended) >= Afterglow)))
        {
            await pool.DestroyTaskAsync(task, cancellationToken).ConfigureAwait(false);
            IsOver = true;
        }
    }

    private Task<OpaqueRef> CreateAsync(CancellationToken cancellationToken)
    {
        _toldAt = time.GetTimestamp();
        return pool.CreateTaskAsync(
            $"VdiFs: reading {reading.Path}",
            string.Create(CultureInfo.InvariantCulture, $"{reading.FileLength} bytes; cancel it to stop the reader"),
            cancellationToken);
    }

    private async Task ConcludeAsync(OpaqueRef task, CancellationToken cancellationToken)
    {
        if (reading.IsComplete && !reading.HasFailed)
        {
            await pool.SetTaskProgressAsync(task, 1, cancellationToken).ConfigureAwait(false);
            await EndAsync(task, Success, cancellationToken).ConfigureAwait(false);
        }
        else if (reading.HasFailed)
        {
            await pool.SetTaskErrorAsync(
                task,
                [ReadFailedCode, reading.Path, reading.LastError ?? "a read failed"],
                cancellationToken).ConfigureAwait(false);
            await EndAsync(task, Failure, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            // The reader stopped before the end of the file, for reasons of its own.
            await EndAsync(task, Cancelled, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task EndAsync(OpaqueRef task, string status, CancellationToken cancellationToken)
    {
        await pool.SetTaskStatusAsync(task, status, cancellationToken).ConfigureAwait(false);
        _endedAt = time.GetTimestamp();
    }

    private async Task TellProgressAsync(OpaqueRef task, CancellationToken cancellationToken)
    {
        double progress = reading.Progress;
        double moved = progress - _toldProgress;
        if (moved >= ProgressStep || (moved > 0 && time.GetElapsedTime(_toldAt) >= ProgressPause))
        {
            await pool.SetTaskProgressAsync(task, progress, cancellationToken).ConfigureAwait(false);
            _toldProgress = progress;
            _toldAt = time.GetTimestamp();
        }
    }

    private bool IsCancelledInPool(OpaqueRef task) =>
        pool.Database.Tasks.TryGetValue(task, out TaskRecord? record)
        && (record.Status is Cancelling or Cancelled || record.CurrentOperations.Values.Contains(CancelOperation));
}
