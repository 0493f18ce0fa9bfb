using VdiFs.Disks.Slots;
using VdiFs.Nbd;

namespace VdiFs.Disks.Failover;

/// <content>How a client is made: one attempt at a time, with a slot of its host where those are counted.</content>
internal sealed partial class Endpoint
{
    // A host that had no slot to spare is left to others for so long.
    private static readonly TimeSpan JoinPause = TimeSpan.FromSeconds(1);

    // Guarded by _gate.
    private long? _triedToJoinAt;

    TimeSpan ISlotUser.IdleFor => _activity.IdleFor;

    TimeSpan? ISlotUser.ConnectedFor
    {
        get
        {
            lock (_gate)
            {
                return LivingClient() is null ? null : _time.GetElapsedTime(_connectedAt);
            }
        }
    }

    bool ISlotUser.HasDelivered
    {
        get
        {
            lock (_gate)
            {
                return _hasDelivered;
            }
        }
    }

    bool ISlotUser.IsSpare => _isSpare(this);

    /// <summary>Whether it could be connected beside others, as far as one can tell.</summary>
    public bool MayJoin
    {
        get
        {
            lock (_gate)
            {
                return LivingClient() is null
                    && !_isRefused
                    && _connecting is null
                    && _breaker.ReadyIn <= TimeSpan.Zero
                    && (_triedToJoinAt is not { } tried || _time.GetElapsedTime(tried) >= JoinPause);
            }
        }
    }

    bool ISlotUser.TryGiveUpConnection() => Client?.TryGiveUpConnection() ?? false;

    /// <summary>
    /// Connects, or joins whoever is connecting; does nothing where a client is alive or another disk was found. Ends
    /// when that has succeeded or failed; never throws.
    /// </summary>
    public Task ConnectAsync()
    {
        lock (_gate)
        {
            _isUnneeded = false;
            return LivingClient() is not null || _isRefused
                ? Task.CompletedTask
                : _connecting ??= TryConnectAsync(mayWait: true);
        }
    }

    /// <summary>
    /// The same for a server that is of use and not needed: it takes a slot that is free, or does without.
    /// </summary>
    public Task JoinAsync()
    {
        lock (_gate)
        {
            _triedToJoinAt = _time.GetTimestamp();
            return LivingClient() is not null || _isRefused
                ? Task.CompletedTask
                : _connecting ??= TryConnectAsync(mayWait: false);
        }
    }

    /// <summary>
    /// Whether a slot for this one would have to be waited for while the other has one of the same host.
    /// </summary>
    public bool WaitsFor(Endpoint other) =>
        _slots is not null
        && string.Equals(_hostKey, other._hostKey, StringComparison.OrdinalIgnoreCase)
        && (other.Client is not null || other.IsConnecting);

    private async Task TryConnectAsync(bool mayWait)
    {
        // Off the caller's lock.
        await Task.Yield();
        NbdClient? client = null;
        NbdException? failure = null;
        try
        {
            client = await OpenClientAsync(mayWait).ConfigureAwait(false);
        }
        catch (NbdException exception)
        {
            failure = exception;
        }
        catch (OperationCanceledException exception) when (_closing.IsCancellationRequested)
        {
            failure = new NbdException(NbdErrorKind.ConnectionLost, "the disk was closed", exception);
        }
#pragma warning disable CA1031 // The top of the connecting loop: whatever it is, readers wait for an outcome.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failure = new NbdException(NbdErrorKind.ConnectFailed, exception.Message, exception);
        }

        Conclude(client, failure);
    }

    /// <summary>A new client; null when there is no slot for it, which is nobody's failure.</summary>
    private async Task<NbdClient?> OpenClientAsync(bool mayWait)
    {
        DiskServer server;
        Task standingDown;
        lock (_gate)
        {
            server = _server;
            standingDown = _standingDown;
        }

        // A server that takes few connections takes none too many, and one that attaches disks does one thing at a
        // time.
        await standingDown.ConfigureAwait(false);
        NbdClientOptions options = _prepare(server.Client);
        if (_slots is null)
        {
            return await NbdClient.ConnectAsync(server.Uri, options, _logger, _closing.Token).ConfigureAwait(false);
        }

        SlotLease? slot = mayWait ? await TakeSlotAsync(_slots).ConfigureAwait(false) : _slots.TryTake();
        if (slot is not { } first)
        {
            return null;
        }

        using SlotTransport transport = new(_slots, first, options.Transport);
        return await NbdClient
            .ConnectAsync(
                server.Uri, options with { Transport = transport.ConnectAsync }, _logger, _closing.Token)
            .ConfigureAwait(false);
    }

    private async Task<SlotLease?> TakeSlotAsync(SlotAccount slots)
    {
        using CancellationTokenSource line = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
        lock (_gate)
        {
            _line = line;
            if (_isUnneeded)
            {
                // Whoever needed it has left before it stood in line.
                line.Cancel();
            }
        }

        try
        {
            return await slots.TakeAsync(line.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!_closing.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            lock (_gate)
            {
                _line = null;
            }
        }
    }

    private void Conclude(NbdClient? client, NbdException? failure)
    {
        lock (_gate)
        {
            _connecting = null;
            if (client is not null)
            {
                _client = client;
                _connectedAt = _time.GetTimestamp();
                _hasDelivered = false;
                _timesConnected++;
                if (_isRefused)
                {
                    // The client before it found another disk there, and was told of late.
                    Part(client);
                }
            }
            else if (failure is not null)
            {
                Fail(failure);
            }
        }
    }

    /// <summary>An attempt failed. Called with _gate held.</summary>
    private void Fail(NbdException failure)
    {
        _lastFailure = failure;
        _failedAt = _time.GetTimestamp();
        if (failure.Kind == NbdErrorKind.ExportChanged)
        {
            Refuse(failure);
            return;
        }

        _breaker.Failed();
        if (_breaker.Failures == 1 && !_closing.IsCancellationRequested)
        {
            DisksLog.ServerFailed(_logger, Address, failure.Message);
        }
    }
}
