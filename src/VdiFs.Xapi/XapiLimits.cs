namespace VdiFs.Xapi;

/// <summary>How much this client sends, and how much a server can make it hold.</summary>
internal static class XapiLimits
{
    /// <summary>XAPI refuses longer request bodies (http_limit_max_rpc_size).</summary>
    public const int RequestBytes = 300 * 1024;

    /// <summary>
    /// A whole answer: the records of 20,000 VDIs with their VMs are about 100 MB; a pool has its own limits well below
    /// ten times that.
    /// </summary>
    public const long ReplyBytes = 1L << 30;

    /// <summary>One record or result: a VM's record with a long guest history is some hundred KiB.</summary>
    public const int ValueBytes = 64 * 1024 * 1024;

    /// <summary>The headers of an answer, in KiB.</summary>
    public const int ReplyHeaderKibibytes = 16;

    /// <summary>Connections to one host; XAPI as a whole accepts 800.</summary>
    public const int ConnectionsPerHost = 24;

    /// <summary>Hosts that one session talks to; a pool has 64 at most, each perhaps under several addresses.</summary>
    public const int Hosts = 512;

    /// <summary>How often one login follows a member's word to another host.</summary>
    public const int Redirects = 2;

    /// <summary>How often one call is repeated after the session was renewed or the coordinator changed.</summary>
    public const int CallRepeats = 2;

    /// <summary>Parameters of one error that are kept, and characters of each.</summary>
    public const int ErrorParameters = 16;

    /// <summary>Characters of one error parameter that are kept.</summary>
    public const int ErrorParameterCharacters = 400;
}
