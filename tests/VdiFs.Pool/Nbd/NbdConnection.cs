using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using VdiFs.Pool.Faults;
using VdiFs.Pool.Net;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Nbd;

/// <summary>One client of xapi-nbd, from its socket to the destruction of its VBD.</summary>
internal sealed class NbdConnection(PoolState pool, HostObject host, NbdServer server, Socket socket)
    : IHostConnection
{
    // Local_xapi_session retries every 4 s for 300 s; here it looks more often, so that tests need not wait.
    private static readonly TimeSpan XapiPatience = TimeSpan.FromSeconds(300);
    private static readonly TimeSpan XapiRetryPeriod = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _crashed = new();

    /// <summary>The process or the host dies: nobody cleans up.</summary>
    public void Reset()
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
            _crashed.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself just now.
        }
    }

    /// <summary>Serves the client to the end. Never fails: whatever happens, the client only sees its socket
    /// close.</summary>
    public async Task RunAsync()
    {
        await using NbdChannel channel = new(socket, host.Faults, pool.Time);
        try
        {
            X509Certificate2? certificate = await AskXapiAsync(_crashed.Token);
            string text = await new NbdHandshake(channel, certificate).RunAsync(_crashed.Token);
            await ServeAsync(channel, ExportName.Parse(text), _crashed.Token);
        }
        catch (Exception error) when (IsAnEnd(error))
        {
            // As in the daemon's log, which the client does not see.
        }
    }

    public void Dispose() => _crashed.Dispose();

    private static bool IsAnEnd(Exception error) => error is ConnectionEndedException or XapiFailureException
        or IOException or SocketException or AuthenticationException or OperationCanceledException
        or ObjectDisposedException;

    /// <summary>The certificate for FORCEDTLS, null for NOTLS: what the networks' purposes say.</summary>
    private async Task<X509Certificate2?> AskXapiAsync(CancellationToken cancellationToken)
    {
        await AwaitXapiAsync(cancellationToken);
        HashSet<string> purposes = pool.Read(
            () => pool.All<NetworkObject>().SelectMany(network => network.Purpose).ToHashSet());
        return (purposes.Contains("nbd"), purposes.Contains("insecure_nbd")) switch
        {
            (true, false) => host.NbdCertificate ?? throw new ConnectionEndedException("no certificate"),
            (false, true) => null,
            (true, true) => throw new ConnectionEndedException("contradictory purposes"),
            (false, false) => throw new ConnectionEndedException("no network has a purpose"),
        };
    }

    private async Task AwaitXapiAsync(CancellationToken cancellationToken)
    {
        long since = pool.Time.GetTimestamp();
        while (host.Faults.NbdSilent || pool.Coordinator.Faults.Dead)
        {
            if (pool.Time.GetElapsedTime(since) > XapiPatience)
            {
                throw new ConnectionEndedException("XAPI does not answer");
            }

            await Task.Delay(XapiRetryPeriod, cancellationToken);
        }
    }

    private async Task ServeAsync(NbdChannel channel, ExportName name, CancellationToken cancellationToken)
    {
        VbdObject vbd = await pool.AttachToDom0Async(host, name.VdiUuid, name.SessionRef, cancellationToken);
        server.NoteVbd(vbd);
        try
        {
            channel.CutAt(NbdHandshakeStep.AfterAttach);
            await new NbdTransmission(channel, new NbdDevice(pool, vbd), host.Faults, pool.Time)
                .RunAsync(cancellationToken);
        }
        finally
        {
            await CleanUpAsync(vbd, cancellationToken);
        }
    }

    // The real one unplugs before it closes its socket, with a session of its own. One that died does nothing.
    private async Task CleanUpAsync(VbdObject vbd, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(pool.Faults.DetachDelay, pool.Time, cancellationToken);
            await AwaitXapiAsync(cancellationToken);
            if (!host.Faults.NbdLeaksVbds)
            {
                pool.DetachFromDom0(vbd);
            }
        }
        finally
        {
            // Even when it failed: the daemon's own list forgets what it could not clean up. Not if it died.
            if (!cancellationToken.IsCancellationRequested)
            {
                server.ForgetVbd(vbd);
            }
        }
    }
}
