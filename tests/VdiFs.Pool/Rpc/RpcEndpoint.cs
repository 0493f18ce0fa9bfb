using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using VdiFs.Pool.Http;
using VdiFs.Pool.State;
using VdiFs.Pool.Tls;

namespace VdiFs.Pool.Rpc;

/// <summary>The paths of the RPC: POST /jsonrpc in JSON, POST / and /RPC2 in XML.</summary>
public sealed class RpcEndpoint(PoolState state, RpcDispatcher dispatcher)
{
    // The secure redirect: who asks for it gets the coordinator's fingerprint with HOST_IS_SLAVE.
    private const string ThumbprintRequest = "x-xenapi-request-host-certificate-thumbprint";
    private const string ThumbprintResponse = "x-xenapi-response-host-certificate-thumbprint";
    private const string ThumbprintOfCoordinator = "sha-256:master";

    // xapi: context.ml, get_http_other_config, and taskHelper.ml, make.
    private const string TaskNoteHeader = "x-http-other-config-";
    private const string TaskNotePrefix = "http:";

    private const string InternalError = "500 Internal Server Error";

    private int _calls;

    /// <summary>Calls answered so far, on all hosts, those included that a booting pool refused.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Puts the handlers into the servers' routes.</summary>
    public void Register(HttpRoutes routes)
    {
        routes.Add("POST", "/jsonrpc", AnswerJsonAsync);
        routes.Add("POST", "/", AnswerXmlAsync);
        routes.Add("POST", "/RPC2", AnswerXmlAsync);
    }

    private async Task AnswerJsonAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        JsonRpcRequest request;
        try
        {
            request = JsonRpc.Read(exchange.Request.Body);
        }
        catch (FormatException wrong)
        {
            await exchange.FailAsync(InternalError, wrong.Message, cancellationToken);
            return;
        }

        (byte[] body, XapiFailureException? failure) = await RunJsonAsync(exchange, request, cancellationToken);
        if (request.Method == state.Faults.LostAnswersTo)
        {
            throw new IOException("the connection breaks before the answer");
        }

        await exchange.RespondAsync(
            "200 OK", "application/json", body, cancellationToken, Thumbprint(exchange, failure));
    }

    private async Task<(byte[] Body, XapiFailureException? Failure)> RunJsonAsync(
        HttpExchange exchange, JsonRpcRequest request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        if (state.Faults.EmergencyError is { } code)
        {
            return (JsonRpc.Emergency(request, code), null);
        }

        try
        {
            RpcValue result = await CallAsync(exchange, request.Method, request.Arguments, cancellationToken);
            return (JsonRpc.Success(request, result, state.Faults.BareInfinity), null);
        }
        catch (XapiFailureException failure)
        {
            return (JsonRpc.Failure(request, failure), failure);
        }
    }

    private async Task AnswerXmlAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        XapiFailureException? failed = null;
        XDocument answer;
        try
        {
            (string method, IReadOnlyList<RpcValue> arguments) = XmlRpcReader.Read(exchange.Request.Body);
            Interlocked.Increment(ref _calls);
            if (state.Faults.EmergencyError is { } code)
            {
                throw new XapiFailureException(code);
            }

            answer = XmlRpcWriter.Success(await CallAsync(exchange, method, arguments, cancellationToken));
        }
        catch (XapiFailureException failure)
        {
            failed = failure;
            answer = XmlRpcWriter.Failure(failure);
        }
        catch (FormatException wrong)
        {
            await exchange.FailAsync(InternalError, wrong.Message, cancellationToken);
            return;
        }

        string text = "<?xml version=\"1.0\"?>" + answer.ToString(SaveOptions.DisableFormatting);
        await exchange.RespondAsync(
            "200 OK", "text/xml", Encoding.UTF8.GetBytes(text), cancellationToken, Thumbprint(exchange, failed));
    }

    private Task<RpcValue> CallAsync(
        HttpExchange exchange, string method, IReadOnlyList<RpcValue> arguments, CancellationToken cancellationToken)
    {
        string agent = exchange.Request.Headers.GetValueOrDefault("user-agent", "");
        var call = new RpcCall(
            method, arguments, exchange.Host, agent + " " + exchange.Client, TaskNotes(exchange.Request.Headers));
        return dispatcher.CallAsync(call, cancellationToken);
    }

    private static Dictionary<string, string> TaskNotes(IReadOnlyDictionary<string, string> headers) => headers
        .Where(header => header.Key.StartsWith(TaskNoteHeader, StringComparison.OrdinalIgnoreCase))
        .ToDictionary(
            header => TaskNotePrefix + header.Key[TaskNoteHeader.Length..].ToLowerInvariant(), header => header.Value);

    private (string Name, string Value)[] Thumbprint(HttpExchange exchange, XapiFailureException? failure) =>
        failure?.Code == "HOST_IS_SLAVE"
        && exchange.Request.Headers.GetValueOrDefault(ThumbprintRequest) == ThumbprintOfCoordinator
            ? [(ThumbprintResponse,
                HostCertificates.Fingerprint(state.Coordinator.ServerCertificate!, HashAlgorithmName.SHA256))]
            : [];
}
