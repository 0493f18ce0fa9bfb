using VdiFs.Disks.Slots;
using VdiFs.Nbd;

namespace VdiFs.Disks.Failover;

/// <content>How a client is made: one attempt at a time, with a slot of its host where those are counted.</content>
internal sealed partial class Endpoint
{
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

    bool ISlotUser.TryGiveUpConnection() => Client?.TryGiveUpConnection() ?? false;

    private async Task TryConnectAsync()
    {
        // Off the caller's lock.
        await Task.Yield();
        NbdClient? client = null;
        NbdException? failure = null;
        try
        {
            client = await OpenClientAsync().ConfigureAwait(false);
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

    /// <summary>A new client; null when it left the line for a slot, which is nobody's failure.</summary>
    private async Task<NbdClient?> OpenClientAsync()
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

        if (await TakeSlotAsync(_slots).ConfigureAwait(false) is not { } first)
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
