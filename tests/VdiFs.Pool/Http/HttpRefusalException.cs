namespace VdiFs.Pool.Http;

/// <summary>A request that XAPI's server answers itself, and hangs up.</summary>
/// <param name="status">Status code and reason.</param>
/// <param name="reason">The text of the page.</param>
internal sealed class HttpRefusalException(string status, string reason) : Exception(reason)
{
    public string Status => status;
}
