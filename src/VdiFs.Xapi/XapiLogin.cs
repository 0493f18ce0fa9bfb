namespace VdiFs.Xapi;

/// <summary>Who logs in to a pool, and with what. A secret; therefore no record, whose text would show it.</summary>
/// <param name="user">The user's name, as the pool knows it.</param>
/// <param name="password">The password.</param>
public sealed class XapiLogin(string user, string password)
{
    /// <summary>The user's name.</summary>
    public string User { get; } = user;

    /// <summary>The password: a secret.</summary>
    public string Password { get; } = password;
}
