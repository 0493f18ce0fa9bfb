using System.Net;
using System.Net.Mime;
using System.Text.Json;
using VdiFs.Xapi.Http;

namespace VdiFs.Xapi.Rpc;

/// <summary>Makes single calls: POST /jsonrpc. Knows nothing of sessions and repeats nothing. Thread-safe.</summary>
internal sealed class RpcClient(HostClients hosts, SecretWords secrets, TimeProvider time)
{
    // A member that sends its client to the coordinator then tells the coordinator's certificate (secure redirect).
    private const string AskThumbprint = "x-xenapi-request-host-certificate-thumbprint";
    private const string AskThumbprintOfCoordinator = "sha-256:master";
    private const string ThumbprintHeader = "x-xenapi-response-host-certificate-thumbprint";

    // xapi: context.ml, get_http_other_config.
    private const string TaskNoteHeader = "x-http-other-config-";

    private int _lastId;

    /// <summary>Calls; the result lives by itself.</summary>
    /// <exception cref="XapiException">Any kind but BadExport.</exception>
    public Task<JsonElement> CallAsync(RpcCall call, CancellationToken cancellationToken) =>
        CallAsync(call, RpcReplyReader.ElementAsync, cancellationToken);

    /// <summary>Calls and reads the result, which may be large, while it comes.</summary>
    /// <param name="call">What to ask, and whom.</param>
    /// <param name="readResult">Reads exactly one value, which may be null.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="XapiException">Any kind but BadExport.</exception>
    public async Task<T> CallAsync<T>(
        RpcCall call, Func<JsonFeed, CancellationToken, ValueTask<T>> readResult, CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(call.Timeout, time);
        using CancellationTokenSource ended =
            CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await ExchangeAsync(call, readResult, ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new XapiException(
                XapiErrorKind.Timeout,
                $"{call.Method}: {call.Place} gave no answer within {call.Timeout.TotalSeconds:0} s");
        }
    }

    private static bool IsJson(HttpResponseMessage reply) =>
        reply.Content.Headers.ContentType?.MediaType == MediaTypeNames.Application.Json;

    private async Task<T> ExchangeAsync<T>(
        RpcCall call, Func<JsonFeed, CancellationToken, ValueTask<T>> readResult, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = Request(call);
        HostClient client = hosts.For(call.Place);
        using HttpResponseMessage reply = await client.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (reply.StatusCode != HttpStatusCode.OK || !IsJson(reply))
        {
            throw new XapiException(XapiErrorKind.Http, $"{call.Method}: {call.Place} answers with {Described(reply)}")
            {
                Status = (int)reply.StatusCode,
            };
        }

        RpcReply<T> answer = await ReadAsync(client, call, reply, readResult, cancellationToken).ConfigureAwait(false);
        return answer.Fault is null ? answer.Result! : throw Refusal(call.Method, answer.Fault, reply);
    }

    private static async Task<RpcReply<T>> ReadAsync<T>(
        HostClient client,
        RpcCall call,
        HttpResponseMessage reply,
        Func<JsonFeed, CancellationToken, ValueTask<T>> readResult,
        CancellationToken cancellationToken)
    {
        try
        {
            Stream body = await reply.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                JsonFeed feed = new(body, XapiLimits.ReplyBytes, XapiLimits.ValueBytes);
                return await RpcReplyReader.ReadAsync(feed, readResult, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception cause) when (cause is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string that is no UTF-8. Neither text is shown: it may quote the reply.
            throw new XapiException(
                XapiErrorKind.Protocol, $"{call.Method}: {call.Place} answers with no JSON-RPC", cause);
        }
        catch (Exception cause) when (HostClient.IsTransport(cause, cancellationToken))
        {
            throw client.Fault(cause);
        }
    }

    private static string Described(HttpResponseMessage reply) =>
        $"HTTP {(int)reply.StatusCode}, {reply.Content.Headers.ContentType?.MediaType ?? "no content type"}";

    private HttpRequestMessage Request(RpcCall call)
    {
        int id = Interlocked.Increment(ref _lastId) & int.MaxValue;
        RpcContent content =
            new(RpcRequest.Write(call.Method, call.Session, call.Arguments, id), call.Sending);
        HttpRequestMessage request = new(HttpMethod.Post, call.Place.Uri("/jsonrpc")) { Content = content };
        request.Headers.TryAddWithoutValidation(AskThumbprint, AskThumbprintOfCoordinator);
        foreach ((string key, string value) in call.TaskNotes)
        {
            request.Headers.TryAddWithoutValidation(TaskNoteHeader + key, value);
        }

        return request;
    }

    private XapiException Refusal(string method, RpcFault fault, HttpResponseMessage reply)
    {
        string code = secrets.Shown(fault.Code);
        string[] parameters = [.. fault.Parameters.Select(secrets.Shown)];
        bool isTold = reply.Headers.TryGetValues(ThumbprintHeader, out IEnumerable<string>? told);
        return new XapiException(XapiErrorKind.Refused, RefusalText.Of(method, code, parameters))
        {
            Code = code,
            Parameters = parameters,
            CoordinatorThumbprint = isTold ? told!.First() : null,
        };
    }
}
