using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using VdiFs.Pool.Net;
using VdiFs.Pool.State;
using VdiFs.Pool.Tls;

namespace VdiFs.Pool.Http;

/// <summary>One TLS connection and the requests on it, one after another.</summary>
internal sealed class HttpConnection(HostObject host, HttpRoutes routes, Socket socket) : IHostConnection
{
    private const int MostDrainedBytes = 1 << 20;
    private static readonly TimeSpan SilenceThatEnds = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Serves until either side is done.</summary>
    public async Task RunAsync()
    {
        try
        {
            socket.NoDelay = true;
            string client = ((IPEndPoint)socket.RemoteEndPoint!).Address.ToString();
            await using var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            using var firstHeader = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            firstHeader.CancelAfter(HttpLimits.FirstHeader);
            await tls.AuthenticateAsServerAsync(TlsPolicy.ServerOptions(host.ServerCertificate!), firstHeader.Token);
            var requests = new HttpRequestReader(tls);
            CancellationToken patience = firstHeader.Token;
            while (await ServeOneAsync(tls, requests, client, patience))
            {
                patience = _stopping.Token;
            }

            // Says goodbye before the socket closes, so that a client sees an end and no break.
            await tls.ShutdownAsync();
        }
        catch (Exception error) when (error is IOException or SocketException or AuthenticationException
            or OperationCanceledException or ObjectDisposedException)
        {
            // The client went, or spoke no TLS that the policy allows, or the host died.
        }
    }

    /// <summary>Breaks it off as a dead host does.</summary>
    public void Reset()
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
            _stopping.Cancel();
            socket.Dispose();
        }
        catch (Exception error) when (error is ObjectDisposedException or SocketException)
        {
            // It ended by itself meanwhile.
        }
    }

    public void Dispose()
    {
        socket.Dispose();
        _stopping.Dispose();
    }

    private async Task<bool> ServeOneAsync(
        Stream stream, HttpRequestReader requests, string client, CancellationToken patience)
    {
        HttpExchange? exchange = null;
        try
        {
            if (await requests.ReadAsync(patience) is not { } request)
            {
                return false;
            }

            exchange = new HttpExchange(request, stream, host, client);
            await AnswerAsync(exchange);
        }
        catch (HttpRefusalException refusal)
        {
            exchange = new HttpExchange(NoRequest, stream, host, client);
            await exchange.FailAsync(refusal.Status, refusal.Message, _stopping.Token);
            await DrainAsync(stream);
        }

        return exchange.KeepAlive;
    }

    /// <summary>Takes what the client is still sending: closed over it, a socket would throw the answer away.</summary>
    private async Task DrainAsync(Stream stream)
    {
        byte[] piece = new byte[64 * 1024];
        int left = MostDrainedBytes;
        using CancellationTokenSource silence = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        try
        {
            int count;
            do
            {
                silence.CancelAfter(SilenceThatEnds);
                count = await stream.ReadAsync(piece, silence.Token);
                left -= count;
            }
            while (count > 0 && left > 0);
        }
        catch (OperationCanceledException) when (!_stopping.IsCancellationRequested)
        {
            // It has sent all.
        }
    }

    private static readonly HttpRequest NoRequest = new()
    {
        Method = "",
        Path = "",
        Version = "HTTP/1.0",
        Headers = new Dictionary<string, string>(),
        Parameters = new Dictionary<string, string>(),
    };

    /// <summary>Unknown paths: the file server's answer to GET, a prohibition to POST.</summary>
    private Task AnswerAsync(HttpExchange exchange)
    {
        if (routes.Find(exchange.Request) is { } handler)
        {
            return handler(exchange, _stopping.Token);
        }

        return exchange.Request.Method == "GET"
            ? exchange.FailAsync("404 Not Found", "no such file", _stopping.Token)
            : exchange.FailAsync("403 Forbidden", "no handler", _stopping.Token);
    }
}
