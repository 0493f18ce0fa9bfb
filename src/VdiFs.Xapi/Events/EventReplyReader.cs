using System.Text.Json;
using VdiFs.Xapi.Rpc;

namespace VdiFs.Xapi.Events;

/// <summary>Reads the result of event.from, one event at a time: the first one holds the whole pool.</summary>
internal static class EventReplyReader
{
    /// <summary>A pool has about 70 classes.</summary>
    private const int LongestCounts = 1000;

    /// <summary>Reads the result and hands every event over while it comes.</summary>
    /// <returns>Null when the result is null, as it is beside an error.</returns>
    /// <exception cref="JsonException">It is something else.</exception>
    public static async ValueTask<EventReply?> ReadAsync(
        JsonFeed feed, Action<JsonElement> apply, CancellationToken cancellationToken)
    {
        JsonTokenType first = await feed.NextAsync(cancellationToken).ConfigureAwait(false);
        if (first != JsonTokenType.StartObject)
        {
            return first == JsonTokenType.Null ? null : throw new JsonException("event.from returned no object");
        }

        string? token = null;
        IReadOnlyDictionary<string, int>? counts = null;
        while (await feed.NextAsync(cancellationToken).ConfigureAwait(false) == JsonTokenType.PropertyName)
        {
            switch (feed.Text)
            {
                case "events":
                    await ReadEventsAsync(feed, apply, cancellationToken).ConfigureAwait(false);
                    break;
                case "token":
                    token = await ReadTokenAsync(feed, cancellationToken).ConfigureAwait(false);
                    break;
                case "valid_ref_counts":
                    counts = await ReadCountsAsync(feed, cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    await feed.SkipAsync(cancellationToken).ConfigureAwait(false);
                    break;
            }
        }

        return string.IsNullOrEmpty(token)
            ? throw new JsonException("event.from returned no token")
            : new EventReply(token, counts ?? new Dictionary<string, int>());
    }

    private static async ValueTask ReadEventsAsync(
        JsonFeed feed, Action<JsonElement> apply, CancellationToken cancellationToken)
    {
        await RpcReplyReader.ExpectAsync(feed, JsonTokenType.StartArray, cancellationToken).ConfigureAwait(false);
        while (await feed.ItemAsync(cancellationToken).ConfigureAwait(false) is { } happened)
        {
            using (happened)
            {
                apply(happened.RootElement);
            }
        }
    }

    private static async ValueTask<string> ReadTokenAsync(JsonFeed feed, CancellationToken cancellationToken)
    {
        await RpcReplyReader.ExpectAsync(feed, JsonTokenType.String, cancellationToken).ConfigureAwait(false);
        return feed.Text;
    }

    private static async ValueTask<IReadOnlyDictionary<string, int>> ReadCountsAsync(
        JsonFeed feed, CancellationToken cancellationToken)
    {
        using JsonDocument counts = await feed.ValueAsync(cancellationToken).ConfigureAwait(false);
        Dictionary<string, int> found = new(StringComparer.OrdinalIgnoreCase);
        if (counts.RootElement.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty count in counts.RootElement.EnumerateObject().Take(LongestCounts))
            {
                if (count.Value.ValueKind == JsonValueKind.Number && count.Value.TryGetInt32(out int value))
                {
                    found[count.Name] = value;
                }
            }
        }

        return found;
    }
}
