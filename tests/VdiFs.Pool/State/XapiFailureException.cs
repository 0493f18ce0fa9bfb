namespace VdiFs.Pool.State;

/// <summary>An error as XAPI answers it: a code and its parameters.</summary>
public sealed class XapiFailureException : Exception
{
    /// <summary>An error.</summary>
    public XapiFailureException(string code, params IEnumerable<string> parameters)
        : base(code)
    {
        Code = code;
        Parameters = [.. parameters];
    }

    /// <summary>HANDLE_INVALID and so on.</summary>
    public string Code { get; }

    /// <summary>The parameters of that code, in order.</summary>
    public IReadOnlyList<string> Parameters { get; }

    /// <summary>Code, then parameters: error_info of a task.</summary>
    public IReadOnlyList<string> ErrorInfo => [Code, .. Parameters];

    /// <summary>No such reference.</summary>
    public static XapiFailureException HandleInvalid(string className, string reference) =>
        new("HANDLE_INVALID", className, reference);

    /// <summary>No such uuid.</summary>
    public static XapiFailureException UuidInvalid(string className, string uuid) =>
        new("UUID_INVALID", className, uuid);
}
