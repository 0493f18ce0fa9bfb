using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using VdiFs.Tests.Nbd.Tls;
using VdiFs.Xapi;

namespace VdiFs.Tests.Xapi.Scripted;

/// <summary>
/// Hosts that share sessions, one of them the coordinator, reached by invented names. By itself it answers logins,
/// logouts and the question which pool it is; a test scripts the rest.
/// </summary>
internal sealed class ScriptedPool : IAsyncDisposable
{
    public const string Password = "correct horse battery";
    public const string ThumbprintHeader = "x-xenapi-response-host-certificate-thumbprint";

    private static readonly Lazy<TestAuthority> SharedAuthority = new(() => new TestAuthority("Pool Authority"));

    private readonly ConcurrentDictionary<string, (ScriptedHost Host, X509Certificate2 Certificate)> _hosts = new();
    private readonly ConcurrentDictionary<string, bool> _sessions = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("vdifs-xapi-").FullName;
    private int _logins;

    public ScriptedPool(params string[] hosts)
    {
        foreach (string host in hosts.Length == 0 ? ["one"] : hosts)
        {
            Certify(host, SharedAuthority.Value.Issue(host, [host]));
        }

        Coordinator = _hosts.Keys.Order(StringComparer.Ordinal).First();
        File.WriteAllText(CaFile, SharedAuthority.Value.Pem);
    }

    /// <summary>The name of the host that answers calls; the others say that they are members.</summary>
    public string Coordinator { get; set; }

    public string PoolUuid { get; set; } = "11111111-2222-3333-4444-555555555555";

    /// <summary>Whether members tell the coordinator's certificate.</summary>
    public bool TellsThumbprint { get; set; } = true;

    /// <summary>Hosts to which no connection can be made.</summary>
    public ConcurrentDictionary<string, bool> Dead { get; } = new();

    /// <summary>Answers in place of the pool's own; null leaves the request to the pool.</summary>
    public Func<HostRequest, HostAnswer?> Script { get; set; } = _ => null;

    /// <summary>What is done before an answer, as to wait.</summary>
    public Func<HostRequest, CancellationToken, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    public ConcurrentQueue<HostRequest> Requests { get; } = new();

    public IEnumerable<string> Calls => Requests.Where(r => r.Verb == "POST").Select(r => $"{r.Host} {r.Method}");

    public IReadOnlyCollection<string> Sessions => [.. _sessions.Keys];

    public string CaFile => Path.Combine(_folder, "ca.pem");

    public string PinFile => Path.Combine(_folder, "pins", "known-hosts");

    public LogLines Log { get; } = new();

    public XapiOptions Options => new() { CaFile = CaFile, Transport = ConnectAsync };

    public string FingerprintOf(string host) => _hosts[host].Certificate.GetCertHashString(HashAlgorithmName.SHA256);

    /// <summary>A host's certificate as JSON text.</summary>
    public string PemOf(string host) =>
        JsonEncodedText.Encode(_hosts[host].Certificate.ExportCertificatePem()).ToString();

    /// <summary>Gives a host another certificate.</summary>
    public void Certify(string host, X509Certificate2 certificate) =>
        _hosts[host] = (new ScriptedHost(host, certificate, AnswerAsync), certificate);

    public Task<XapiSession> LoginAsync(XapiOptions? options = null, string? host = null, string password = Password) =>
        XapiSession.LoginAsync(
            new XapiAddress("root", host ?? Coordinator, 443),
            new XapiLogin("root", password),
            options ?? Options,
            Log,
            CancellationToken.None).WaitAsync(ScriptedHost.Bound);

    /// <summary>As when XAPI is restarted.</summary>
    public void ForgetSessions() => _sessions.Clear();

    public async ValueTask DisposeAsync()
    {
        foreach ((ScriptedHost host, _) in _hosts.Values)
        {
            await host.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private async ValueTask<Stream> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        if (Dead.ContainsKey(host) || !_hosts.TryGetValue(host, out (ScriptedHost Host, X509Certificate2) found))
        {
            throw new SocketException((int)SocketError.ConnectionRefused);
        }

        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync("127.0.0.1", found.Host.Port, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private async Task<HostAnswer> AnswerAsync(HostRequest request, CancellationToken cancellationToken)
    {
        Requests.Enqueue(request);
        await Before(request, cancellationToken);
        return Dead.ContainsKey(request.Host)
            ? HostAnswer.Cut()
            : Script(request) ?? OwnAnswer(request);
    }

    private HostAnswer OwnAnswer(HostRequest request)
    {
        if (request.Host != Coordinator)
        {
            string told = TellsThumbprint ? $"{ThumbprintHeader}: {FingerprintOf(Coordinator)}\r\n" : "";
            return HostAnswer.FaultWith(told, "HOST_IS_SLAVE", Coordinator);
        }

        JsonElement[] parameters = request.Params;
        if (request.Method == "session.login_with_password")
        {
            return LoginAnswer(parameters);
        }

        string session = parameters[0].GetString()!;
        return (_sessions.ContainsKey(session), request.Method) switch
        {
            (false, _) => HostAnswer.Fault("SESSION_INVALID", session),
            (_, "session.logout") => LogoutAnswer(session),
            (_, "pool.get_all_records") => HostAnswer.Result($$$"""{"OpaqueRef:pool":{"uuid":"{{{PoolUuid}}}"}}"""),
            _ => HostAnswer.Fault("MESSAGE_METHOD_UNKNOWN", request.Method),
        };
    }

    private HostAnswer LoginAnswer(JsonElement[] parameters)
    {
        if (parameters[1].GetString() != Password)
        {
            return HostAnswer.Fault(
                "SESSION_AUTHENTICATION_FAILED", parameters[0].GetString()!, "Authentication failure");
        }

        string session = $"OpaqueRef:session-secret-{Interlocked.Increment(ref _logins)}";
        _sessions[session] = true;
        return HostAnswer.Result($"\"{session}\"");
    }

    private HostAnswer LogoutAnswer(string session)
    {
        _sessions.TryRemove(session, out _);
        return HostAnswer.Result("\"\"");
    }
}
