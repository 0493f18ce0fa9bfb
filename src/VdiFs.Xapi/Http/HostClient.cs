using System.Net;
using System.Net.Security;
using System.Security.Authentication;

namespace VdiFs.Xapi.Http;

/// <summary>
/// HTTPS to one host of the pool, within the limits of XAPI's own server: a header block under 1 KiB, Content-Length,
/// no cookies, no redirects, no tracing headers. Thread-safe.
/// </summary>
internal sealed class HostClient : IDisposable
{
    /// <summary>Before stunnel or a firewall between gives an idle connection up.</summary>
    private static readonly TimeSpan IdleConnections = TimeSpan.FromMinutes(1);

    private readonly HostPort _place;
    private readonly string _userAgent;
    private readonly HostCertificateCheck _check;
    private readonly HttpMessageInvoker _invoker;

    public HostClient(HostPort place, XapiOptions options, PoolTrust trust)
    {
        _place = place;
        _userAgent = options.Originator;
        _check = new HostCertificateCheck(place, trust);
        _invoker = new HttpMessageInvoker(Handler(options), disposeHandler: true);
    }

    /// <summary>
    /// Sends a request; the reply's body is still to be read, with the same care (<see cref="Fault"/>).
    /// </summary>
    /// <exception cref="XapiException">
    /// ConnectFailed, ConnectionLost, CertificateRejected, TlsSetup or Protocol.
    /// </exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Version = HttpVersion.Version11;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        request.Headers.TryAddWithoutValidation("User-Agent", _userAgent);
        try
        {
            return await _invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception cause) when (IsTransport(cause, cancellationToken))
        {
            throw Fault(cause);
        }
    }

    /// <summary>Whether it is a failure of the way to the host, and not the caller's own cancellation.</summary>
    public static bool IsTransport(Exception cause, CancellationToken cancellationToken) =>
        cause is HttpRequestException or IOException
        || (cause is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    /// <summary>What a failure of the way to the host means.</summary>
    public XapiException Fault(Exception cause)
    {
        string reason = cause.GetBaseException().Message;
        return cause switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
                _check.Rejection ?? new XapiException(
                    XapiErrorKind.ConnectFailed, $"TLS with {_place} failed: {reason}", cause),
            HttpRequestException
            {
                HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError,
            } => new XapiException(XapiErrorKind.ConnectFailed, $"cannot connect to {_place}: {reason}", cause),
            HttpRequestException
            {
                HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded,
            } => new XapiException(
                XapiErrorKind.Protocol, $"{_place} does not answer as an HTTP server: {reason}", cause),
            OperationCanceledException =>
                new XapiException(
                    XapiErrorKind.ConnectFailed, $"{_place} does not answer: no connection in time", cause),
            _ => new XapiException(XapiErrorKind.ConnectionLost, $"the connection to {_place} broke: {reason}", cause),
        };
    }

    public void Dispose() => _invoker.Dispose();

    private SocketsHttpHandler Handler(XapiOptions options) => new()
    {
        ActivityHeadersPropagator = null,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = options.ConnectTimeout,
        MaxConnectionsPerServer = XapiLimits.ConnectionsPerHost,
        MaxResponseHeadersLength = XapiLimits.ReplyHeaderKibibytes,
        PooledConnectionIdleTimeout = IdleConnections,
        UseCookies = false,
        UseProxy = false,
        ConnectCallback = (context, cancellationToken) => (options.Transport ?? HostTransport.ConnectAsync)(
            _place.Host, _place.Port, cancellationToken),
        SslOptions = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateChainPolicy = _check.ChainPolicy(),
            RemoteCertificateValidationCallback = _check.Accepts,

            // Every connection shows its certificate, so that every one is checked.
            AllowTlsResume = false,
            AllowRenegotiation = false,
        },
    };
}
