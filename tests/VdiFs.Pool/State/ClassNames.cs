namespace VdiFs.Pool.State;

/// <summary>The classes of the wire that exist here, as methods spell them.</summary>
internal static class ClassNames
{
    private static readonly Dictionary<Type, string> Names = new()
    {
        [typeof(PoolObject)] = "pool",
        [typeof(HostObject)] = "host",
        [typeof(HostMetricsObject)] = "host_metrics",
        [typeof(VmObject)] = "VM",
        [typeof(VbdObject)] = "VBD",
        [typeof(VdiObject)] = "VDI",
        [typeof(SrObject)] = "SR",
        [typeof(PbdObject)] = "PBD",
        [typeof(PifObject)] = "PIF",
        [typeof(NetworkObject)] = "network",
        [typeof(TaskObject)] = "task",
        [typeof(MessageObject)] = "message",
        [typeof(CertificateObject)] = "Certificate",
        [typeof(SessionObject)] = Session,
    };

    /// <summary>The class that no list and no event shows: its references are logins.</summary>
    public const string Session = "session";

    public static IReadOnlyCollection<string> All => Names.Values;

    public static string Of<T>()
        where T : XapiObject => Names[typeof(T)];
}
