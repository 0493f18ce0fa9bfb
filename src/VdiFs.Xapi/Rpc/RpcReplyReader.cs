using System.Text.Json;

namespace VdiFs.Xapi.Rpc;

/// <summary>
/// Reads replies. Members may come in any order, unknown ones are passed over, and the id is not compared: a connection
/// carries one call at a time, and the error of a booting host bears the id 0.
/// </summary>
internal static class RpcReplyReader
{
    /// <summary>Reads a whole reply.</summary>
    /// <param name="feed">The body.</param>
    /// <param name="readResult">Reads exactly one value, which may be null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="JsonException">It is no reply.</exception>
    public static async Task<RpcReply<T>> ReadAsync<T>(
        JsonFeed feed, Func<JsonFeed, CancellationToken, ValueTask<T>> readResult, CancellationToken cancellationToken)
    {
        await ExpectAsync(feed, JsonTokenType.StartObject, cancellationToken).ConfigureAwait(false);
        T? result = default;
        RpcFault? fault = null;
        bool hasResult = false;
        while (await feed.NextAsync(cancellationToken).ConfigureAwait(false) == JsonTokenType.PropertyName)
        {
            switch (feed.Text)
            {
                case "result":
                    result = await readResult(feed, cancellationToken).ConfigureAwait(false);
                    hasResult = true;
                    break;
                case "error":
                    fault = await FaultAsync(feed, cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    await feed.SkipAsync(cancellationToken).ConfigureAwait(false);
                    break;
            }
        }

        return hasResult || fault is not null
            ? new RpcReply<T>(result, fault)
            : throw new JsonException("there is neither a result nor an error");
    }

    /// <summary>The result as an element that lives by itself.</summary>
    public static async ValueTask<JsonElement> ElementAsync(JsonFeed feed, CancellationToken cancellationToken)
    {
        using JsonDocument value = await feed.ValueAsync(cancellationToken).ConfigureAwait(false);
        return value.RootElement.Clone();
    }

    /// <summary>Reads one token, which must be this one.</summary>
    /// <exception cref="JsonException">It is another.</exception>
    public static async ValueTask ExpectAsync(
        JsonFeed feed, JsonTokenType expected, CancellationToken cancellationToken)
    {
        JsonTokenType found = await feed.NextAsync(cancellationToken).ConfigureAwait(false);
        if (found != expected)
        {
            throw new JsonException($"expected {expected}, found {found}");
        }
    }

    private static async ValueTask<RpcFault?> FaultAsync(JsonFeed feed, CancellationToken cancellationToken)
    {
        using JsonDocument error = await feed.ValueAsync(cancellationToken).ConfigureAwait(false);
        return RpcFault.Read(error.RootElement);
    }
}
