using VdiFs.Pool.Rpc.Events;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Rpc.Methods;

/// <summary>event.from and event.inject; the older register/next pair is not here.</summary>
internal static class EventMethods
{
    // xapi waits this long after a change for others that belong to it.
    private static readonly TimeSpan Batching = TimeSpan.FromMilliseconds(50);

    // A longer wait than any client asks for; it keeps a mistaken one from waiting for ever.
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    public static void Add(RpcMethodTable methods, PoolState state)
    {
        methods.Add(new RpcMethod("event.from", 3, 3, (arguments, token) => FromAsync(state, arguments, token)));
        methods.Add("event.inject", 2, arguments => state.Mutate(() =>
        {
            string reference = arguments.Text(1);
            XapiObject one = state.Find<XapiObject>(reference)
                ?? throw XapiFailureException.HandleInvalid(arguments.Text(0), reference);
            one.Changed();
            return RpcValue.Of(EventToken.Write(one.ModifiedAt - 1));
        }));
        methods.Add("event.get_current_id", 0, _ => RpcValue.Of(state.Generation));
    }

    private static async Task<RpcValue> FromAsync(
        PoolState state, RpcArguments arguments, CancellationToken cancellationToken)
    {
        string token = arguments.Text(1);
        long? parsed = token.Length > 0 && state.Faults.RefuseEventTokens ? null : EventToken.Read(token);
        long generation = parsed ?? throw new XapiFailureException("EVENT_FROM_TOKEN_PARSE_FAILURE", token);
        var query = new EventQuery(state, [.. arguments.Texts(0).Select(EventSubscription.Parse)]);
        double seconds = Math.Clamp(arguments.Float(2), 0, LongestWait.TotalSeconds);
        SessionObject session = arguments.Session;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(seconds), state.Time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken, session.Ended.Token, deadline.Token);
        while (true)
        {
            (List<RpcValue> events, long reached) = query.Since(generation);
            if (events.Count > 0 || deadline.IsCancellationRequested)
            {
                return state.Read(() => query.Answer(events, reached));
            }

            try
            {
                await state.WaitForChangeAsync(reached, stop.Token);
                await Task.Delay(Batching, state.Time, stop.Token);
            }
            catch (OperationCanceledException) when (session.IsGone)
            {
                throw new XapiFailureException("SESSION_INVALID", session.Ref);
            }
            catch (OperationCanceledException) when (deadline.IsCancellationRequested)
            {
                continue;
            }
        }
    }
}
