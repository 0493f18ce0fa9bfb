using Microsoft.Extensions.Logging;
using VdiFs.Fuse.Abi;
using VdiFs.Fuse.Device;

namespace VdiFs.Fuse.Session;

/// <summary>
/// One connection to the kernel, from INIT to its end: readers, requests in flight, deadline. Knows nothing of mounts.
/// </summary>
internal sealed class FuseSession : IDisposable
{
    private static readonly TimeSpan ShortestSweep = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestSweep = TimeSpan.FromSeconds(5);

    private readonly FuseMountOptions _options;
    private readonly List<FuseDevice> _devices = [];
    private readonly InFlightTable _inFlight = new();
    private readonly Interrupts _interrupts;
    private readonly TaskCompletionSource<FuseEnd> _completion =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly Timer? _deadlineTimer;
    private readonly Lock _endLock = new();

    // Guarded by _endLock.
    private int _runningReaders;
    private FuseEnd _worstEnd;

    /// <param name="device">The connection; owned by the session from here on.</param>
    /// <param name="fileSystem">What is served.</param>
    /// <param name="options">Checked already.</param>
    /// <param name="logger">Where refusals and failures go.</param>
    /// <param name="backings">Where passed-through files are made known; null: at the connection.</param>
    public FuseSession(
        FuseDevice device,
        IFuseFileSystem fileSystem,
        FuseMountOptions options,
        ILogger logger,
        IBackingFiles? backings = null)
    {
        _devices.Add(device);
        _options = options;
        FileSystem = fileSystem;
        Logger = logger;
        Requests = new FuseRequestPool(this);
        Notifier = new KernelNotifier(device, logger);
        Passthrough = new PassthroughFiles(backings ?? device, logger);
        _interrupts = new Interrupts(_inFlight, request => AnswerAbandoned(request, Errno.EINTR));
        if (options.RequestDeadline != Timeout.InfiniteTimeSpan)
        {
            long ticks = options.RequestDeadline.Ticks / 10;
            TimeSpan sweep = new(Math.Clamp(ticks, ShortestSweep.Ticks, LongestSweep.Ticks));
            _deadlineTimer = new Timer(_ => FailOverdueRequests(), state: null, sweep, sweep);
        }
    }

    public IFuseFileSystem FileSystem { get; }

    public ILogger Logger { get; }

    public FuseRequestPool Requests { get; }

    /// <summary>Tells the kernel what it must forget.</summary>
    public KernelNotifier Notifier { get; }

    /// <summary>The files that the kernel reads itself.</summary>
    public PassthroughFiles Passthrough { get; }

    public TimeSpan NegativeValidity => _options.NegativeValidity;

    /// <inheritdoc cref="FuseMountOptions.DirectIo"/>
    public bool HasDirectIo => _options.DirectIo;

    /// <summary>Whether direct reads that a program does not wait for are sent at once (FUSE_ASYNC_DIO).</summary>
    public bool HasAsyncDirectReads { get; private set; }

    /// <summary>Requests whose operation has not ended.</summary>
    public int InFlightCount => _inFlight.Count;

    /// <summary>Ends when the last reader has: the connection is gone.</summary>
    public Task<FuseEnd> Completion => _completion.Task;

    /// <summary>Answers INIT on the calling thread; everything else waits in the kernel until then.</summary>
    /// <exception cref="FuseMountException">The kernel is silent, too old, or gone.</exception>
    public void Handshake()
    {
        FuseInitFlags agreed = Session.Handshake.Run(_devices[0], Requests.Rent(), _options, Logger);
        HasAsyncDirectReads = (agreed & FuseInitFlags.AsyncDio) != 0;
        Passthrough.IsPossible = (agreed & FuseInitFlags.Passthrough) != 0;
        if (_options.Passthrough && !Passthrough.IsPossible)
        {
            FuseLog.PassthroughNotOffered(Logger);
        }
    }

    /// <summary>
    /// Starts the readers, each on a clone of the descriptor, or sharing it where cloning is impossible.
    /// </summary>
    public void Start()
    {
        FuseDevice original = _devices[0];
        FuseReader[] readers = new FuseReader[_options.ReaderThreads];
        for (int number = 0; number < readers.Length; number++)
        {
            FuseDevice device = original;
            if (number > 0 && original.TryClone() is { } clone)
            {
                _devices.Add(clone);
                device = clone;
            }

            readers[number] = new FuseReader(this, device, number);
        }

        lock (_endLock)
        {
            _runningReaders = readers.Length;
        }

        foreach (FuseReader reader in readers)
        {
            reader.Start();
        }
    }

    /// <summary>Called by each reader at its end.</summary>
    public void ReaderEnded(FuseEnd end)
    {
        lock (_endLock)
        {
            _worstEnd = end > _worstEnd ? end : _worstEnd;
            if (--_runningReaders > 0)
            {
                return;
            }
        }

        FailAllInFlight();
        _completion.TrySetResult(_worstEnd);
    }

    /// <summary>Answers and cancels whatever is in flight, and everything that goes asynchronous after it.</summary>
    /// <returns>Ends when the operations have.</returns>
    public Task FailAllInFlight()
    {
        List<FuseRequest> taken = _inFlight.Close(out Task drained);
        foreach (FuseRequest request in taken)
        {
            AnswerAbandoned(request, Errno.EIO);
        }

        return drained;
    }

    /// <summary>INTERRUPT: the original is answered EINTR if its caller is to end.</summary>
    public void Interrupt(ulong unique) => _interrupts.Arrived(unique);

    /// <summary>Finishes an operation that ended on its reader thread.</summary>
    public void Complete(FuseRequest request, ValueTask ended)
    {
        try
        {
            ended.GetAwaiter().GetResult();
            FailIfUnanswered(request);
        }
        catch (Exception exception)
        {
            Fail(request, exception);
        }
    }

    /// <summary>Takes over an operation that has to wait.</summary>
    public void CompleteLater(FuseRequest request, ValueTask operation)
    {
        bool added = _inFlight.TryAdd(request);
        ulong? interrupted = request.IsInterrupted ? request.Unique : null;
        _ = CompleteAsync(request, operation);
        if (!added && request.TryClaim())
        {
            AnswerAbandoned(request, Errno.EIO);
        }
        else if (interrupted is { } unique)
        {
            _interrupts.Arrived(unique);
        }
    }

    /// <summary>Turns what a file system threw into the answer.</summary>
    public void Fail(FuseRequest request, Exception exception)
    {
        switch (exception)
        {
            case FuseException fuse:
                FuseLog.RequestFailed(Logger, request.Opcode, request.Node.Value, fuse.Errno, fuse.Message);
                request.Fail(fuse.Errno);
                break;
            case OperationCanceledException:
                request.Fail(Errno.EINTR);
                break;
            default:
                FuseLog.RequestBroken(Logger, request.Opcode, request.Node.Value, exception);
                request.Fail(Errno.EIO);
                break;
        }
    }

    /// <summary>
    /// Closes the descriptors. A reader that still waits in the kernel keeps its own open until it ends.
    /// </summary>
    public void Dispose()
    {
        _deadlineTimer?.Dispose();
        _interrupts.Dispose();
        Passthrough.Dispose();
        foreach (FuseDevice device in _devices)
        {
            device.Dispose();
        }
    }

    private async Task CompleteAsync(FuseRequest request, ValueTask operation)
    {
        try
        {
            await operation.ConfigureAwait(false);
            FailIfUnanswered(request);
        }
        catch (Exception exception)
        {
            Fail(request, exception);
        }

        _inFlight.Remove(request);
        Requests.Return(request);
    }

    private void FailIfUnanswered(FuseRequest request)
    {
        if (!request.IsAnswered)
        {
            FuseLog.RequestUnanswered(Logger, request.Opcode, request.Node.Value);
            request.Fail(Errno.EIO);
        }
    }

    private void FailOverdueRequests()
    {
        long latest = Environment.TickCount64 - (long)_options.RequestDeadline.TotalMilliseconds;
        foreach (FuseRequest request in _inFlight.TakeOlderThan(latest))
        {
            FuseLog.RequestOverdue(Logger, request.Opcode, request.Node.Value, _options.RequestDeadline);
            AnswerAbandoned(request, Errno.EIO);
        }
    }

    /// <summary>Answers first: a callback of the token may take its time.</summary>
    private static void AnswerAbandoned(FuseRequest request, Errno errno)
    {
        request.SendClaimedError(errno);
        request.Cancel();
    }
}
