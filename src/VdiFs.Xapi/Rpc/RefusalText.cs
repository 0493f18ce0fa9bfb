namespace VdiFs.Xapi.Rpc;

/// <summary>XAPI's refusals as a line for people; those that a user can cure say how.</summary>
internal static class RefusalText
{
    public static string Of(string method, string code, IReadOnlyList<string> parameters) =>
        Meaning(code, parameters) is { } meaning
            ? $"{meaning} ({code})"
            : $"{method}: {Quoted(code, parameters)}";

    /// <summary>The code with its parameters.</summary>
    public static string Quoted(string code, IReadOnlyList<string> parameters)
    {
        string said = string.Join("; ", parameters.Where(parameter => parameter.Length > 0));
        return said.Length == 0 ? code : $"{code} ({said})";
    }

    private static string? Meaning(string code, IReadOnlyList<string> parameters) => code switch
    {
        XapiCodes.SessionAuthenticationFailed => "the pool does not accept this user and password",
        XapiCodes.SessionAuthorizationFailed => "the pool knows the user, but does not let it log in; give it a role",
        XapiCodes.RbacPermissionDenied =>
            $"the user's role does not permit {(parameters.Count > 0 ? parameters[0] : "this")}; "
            + "vm-admin or more is needed",
        XapiCodes.HostStillBooting => "the host has not finished to start; try again in a minute",
        _ => null,
    };
}
