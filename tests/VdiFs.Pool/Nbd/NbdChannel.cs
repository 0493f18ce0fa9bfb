using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace VdiFs.Pool.Nbd;

/// <summary>One client's bytes, plain or in TLS; where connections are cut and slowed.</summary>
internal sealed class NbdChannel(Socket socket, NbdFaults faults) : IAsyncDisposable
{
    // nbd: lib/server.ml: 128 pages.
    internal const int PieceBytes = 512 * 1024;

    private readonly NetworkStream _plain = new(socket, ownsSocket: false);
    private SslStream? _tls;
    private long _sentBytes;
    private bool _counting;

    internal bool IsTls => _tls is not null;

    private Stream Current => _tls is null ? _plain : _tls;

    /// <summary>What xapi-nbd offers: TLS 1.2 and nothing else, ECDHE with RSA and AES-GCM.</summary>
    internal async Task StartTlsAsync(X509Certificate2 certificate, CancellationToken cancellationToken)
    {
        _tls = new SslStream(_plain, leaveInnerStreamOpen: true);
        await _tls.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificate = certificate,
                EnabledSslProtocols = SslProtocols.Tls12,
                AllowRenegotiation = false,
                CipherSuitesPolicy = new CipherSuitesPolicy(
                [
                    TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
                    TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
                ]),
            },
            cancellationToken);
    }

    internal async Task<byte[]> ReadAsync(int count, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[count];
        await Current.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    internal Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        _counting ? WriteCountedAsync(bytes, cancellationToken) : SendAsync(bytes, cancellationToken);

    /// <summary>From here on bytes count: the transmission phase.</summary>
    internal void BeginTransmission() => _counting = true;

    internal void CutAt(NbdStage stage)
    {
        if (faults.TakeCut(stage))
        {
            Cut($"cut at {stage}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        // No close_notify: the daemon does not wait for its shutdown.
        if (_tls is not null)
        {
            await _tls.DisposeAsync();
        }

        await _plain.DisposeAsync();
        socket.Dispose();
    }

    private async Task WriteCountedAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (faults.BytesPerSecond is { } rate)
        {
            await Task.Delay(TimeSpan.FromSeconds((double)bytes.Length / rate), cancellationToken);
        }

        long rest = (faults.CutAfterBytes ?? long.MaxValue) - _sentBytes;
        if (bytes.Length >= rest)
        {
            await SendAsync(bytes[..(int)Math.Max(0, rest)], cancellationToken);
            Cut("cut after the bytes asked for");
        }

        _sentBytes += bytes.Length;
        await SendAsync(bytes, cancellationToken);
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await Current.WriteAsync(bytes, cancellationToken);
        await Current.FlushAsync(cancellationToken);
    }

    private void Cut(string reason)
    {
        if (faults.CutByReset)
        {
            socket.LingerState = new LingerOption(true, 0);
        }

        throw new ConnectionEndedException(reason);
    }
}
