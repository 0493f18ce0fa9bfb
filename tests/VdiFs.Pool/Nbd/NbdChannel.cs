using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using VdiFs.Pool.Faults;

namespace VdiFs.Pool.Nbd;

/// <summary>One client's bytes, plain or in TLS; where connections are cut and slowed.</summary>
internal sealed class NbdChannel(Socket socket, HostFaults faults, TimeProvider time) : IAsyncDisposable
{
    // nbd: lib/server.ml: 128 pages.
    internal const int PieceBytes = 512 * 1024;

    private readonly NetworkStream _plain = new(socket, ownsSocket: false);
    private SslStream? _tls;
    private long _payloadBytes;

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

    internal async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await Current.WriteAsync(bytes, cancellationToken);
        await Current.FlushAsync(cancellationToken);
    }

    /// <summary>Writes a piece of payload, slowly or only in part if so told.</summary>
    internal async Task WritePayloadAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (faults.NbdBytesPerSecond is > 0 and long rate)
        {
            await Task.Delay(TimeSpan.FromSeconds((double)bytes.Length / rate), time, cancellationToken);
        }

        long rest = (faults.NbdCutAfterBytes ?? long.MaxValue) - _payloadBytes;
        if (bytes.Length > rest)
        {
            await WriteAsync(bytes[..(int)Math.Max(0, rest)], cancellationToken);
            throw End("cut after the bytes asked for");
        }

        _payloadBytes += bytes.Length;
        await WriteAsync(bytes, cancellationToken);
    }

    internal void CutAt(NbdHandshakeStep step)
    {
        if (faults.NbdEofAt == step)
        {
            throw End($"cut: {step}");
        }
    }

    internal void CutAfterHeader()
    {
        if (faults.NbdCutAfterHeader)
        {
            throw End("cut after the header");
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

    private ConnectionEndedException End(string reason)
    {
        if (faults.NbdResets)
        {
            socket.LingerState = new LingerOption(true, 0);
        }

        return new ConnectionEndedException(reason);
    }
}
