using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace VdiFs.Nbd.Tls;

/// <summary>Lays TLS over the connections to one address, and lets through only the server that is expected.</summary>
internal sealed class TlsClient
{
    /// <summary>
    /// The name to expect at a unix socket when nobody says any: the server runs on this host, and the certificates
    /// that people make for such servers say so.
    /// </summary>
    private const string LocalName = "localhost";

    private readonly NbdUri _uri;
    private readonly NbdTlsOptions _options;
    private readonly TimeProvider _time;
    private TlsCredentials? _credentials;

    private TlsClient(NbdUri uri, NbdTlsOptions options, TimeProvider time)
    {
        _uri = uri;
        _options = options;
        _time = time;
    }

    /// <summary>Whether it has a certificate for a server that asks; known when one connection was made.</summary>
    public bool ShowsCertificate => _credentials?.Client is not null;

    /// <summary>Null for a plain URI.</summary>
    /// <exception cref="NbdException">TlsSetup: there are options for TLS, but the URI is plain.</exception>
    public static TlsClient? For(NbdUri uri, NbdTlsOptions? options, TimeProvider time)
    {
        if (uri.IsTls)
        {
            return new TlsClient(uri, options ?? new NbdTlsOptions(), time);
        }

        return options is null
            ? null
            : throw new NbdException(
                NbdErrorKind.TlsSetup,
                $"there are options for TLS, but {uri} is plain NBD; write nbds:// for nbd://, or leave them out");
    }

    /// <summary>
    /// Shakes hands over a stream on which the server expects just that. The result owns the stream; after a failure
    /// the caller still does.
    /// </summary>
    /// <exception cref="NbdException">CertificateRejected, TlsSetup or HandshakeFailed.</exception>
    public async Task<Stream> ConnectAsync(Stream plain, CancellationToken cancellationToken)
    {
        _credentials ??= await TlsFiles.LoadAsync(_uri, _options, cancellationToken).ConfigureAwait(false);
        string name = WithoutScope(_options.HostName ?? _uri.TlsHostname ?? _uri.Host ?? LocalName);
        ServerCertificateCheck check = new(_options, _credentials.Trusted, name, _time);
        SslStream tls = new(new ReceiveAheadStream(plain, ArrayPool<byte>.Shared), leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsClientAsync(Options(check, name), cancellationToken).ConfigureAwait(false);
            return new TlsStream(tls);
        }
        catch (Exception cause) when (cause is AuthenticationException or IOException or CryptographicException)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw check.Rejection ?? new NbdException(
                NbdErrorKind.HandshakeFailed, $"TLS with the server failed: {Reason(cause)}", cause);
        }
        catch
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private SslClientAuthenticationOptions Options(ServerCertificateCheck check, string name) => new()
    {
        TargetHost = Announced(name),
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        CertificateChainPolicy = check.ChainPolicy(),
        RemoteCertificateValidationCallback = check.Accepts,
        ClientCertificateContext = _credentials!.Client,

        // Every connection shows its certificate, so that every one is checked.
        AllowTlsResume = false,
        AllowRenegotiation = false,
    };

    /// <summary>The server name indication: host names only (RFC 6066, section 3).</summary>
    private static string Announced(string name) =>
        !IPAddress.TryParse(name, out _) && Uri.CheckHostName(name) == UriHostNameType.Dns ? name : "";

    private static string WithoutScope(string name)
    {
        int scope = name.IndexOf('%', StringComparison.Ordinal);
        return scope < 0 ? name : name[..scope];
    }

    private static string Reason(Exception cause) => cause is IOException { InnerException: null }
        ? "it closed the connection"
        : new TlsFailureException(cause).Message;
}
