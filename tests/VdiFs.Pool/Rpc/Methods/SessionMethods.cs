using VdiFs.Pool.State;

namespace VdiFs.Pool.Rpc.Methods;

/// <summary>session.*: logging in and out.</summary>
internal static class SessionMethods
{
    public static void Add(
        RpcMethodTable methods, PoolState state, IReadOnlyDictionary<string, string> passwords)
    {
        methods.Add(new RpcMethod("session.login_with_password", 2, 4, LoginAsync) { NeedsSession = false });
        methods.Add("session.logout", 0, arguments => state.Sessions.Close(arguments.Session));
        methods.Add("session.get_all_subject_identifiers", 0, _ => RpcValue.Of(Array.Empty<string>()));

        async Task<RpcValue> LoginAsync(RpcArguments arguments, CancellationToken cancellationToken)
        {
            string user = arguments.Text(0);
            if (!passwords.TryGetValue(user, out string? password) || password != arguments.Text(1))
            {
                await Task.Delay(state.Faults.WrongPasswordDelay, state.Time, cancellationToken);
                throw new XapiFailureException("SESSION_AUTHENTICATION_FAILED", user, "Authentication failure");
            }

            string originator = arguments.Count > 3 ? arguments.Text(3) : "";
            return RpcValue.Of(state.Sessions.Open(user, originator).Ref);
        }
    }
}
