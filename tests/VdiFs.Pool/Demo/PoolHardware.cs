using System.Globalization;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Demo;

/// <summary>The hosts, networks and SRs that every simulated pool has.</summary>
public static class PoolHardware
{
    /// <summary>The SR on a file server that all hosts see.</summary>
    public const string SharedSr = "Shared NFS";

    /// <summary>The SR of raw volumes that all hosts see.</summary>
    public const string RawSr = "Raw LUN";

    /// <summary>The SR of installation images.</summary>
    public const string IsoSr = "ISO library";

    /// <summary>The network that NBD is allowed on.</summary>
    public const string NbdNetwork = "Backup network";

    /// <summary>The name of the SR that only one host sees.</summary>
    public static string LocalSr(int host) =>
        string.Create(CultureInfo.InvariantCulture, $"Local storage host{host}");

    /// <summary>Puts them into an empty pool.</summary>
    internal static void Build(PoolState state, PoolSimulatorOptions options) => state.Mutate(() =>
    {
        PoolObject pool = state.Add(new PoolObject(state) { NameLabel = "demo" });
        NetworkObject backup = AddNetwork(state, NbdNetwork, "xenbr0");
        NetworkObject guests = AddNetwork(state, "Guest network", "xenbr1");
        backup.Purpose.Add("nbd");
        for (int i = 0; i < options.Addresses.Count; i++)
        {
            AddHost(state, options, i, backup, guests);
        }

        pool.Master = state.Hosts[0];
        pool.DefaultSr = AddSr(state, SharedSr, "nfs", state.Hosts);
        AddSr(state, IsoSr, "iso", state.Hosts, isIso: true);
        AddSr(state, RawSr, "lvmoiscsi", state.Hosts, isRaw: true);
        for (int i = 0; i < state.Hosts.Count; i++)
        {
            AddSr(state, LocalSr(i + 1), "ext", [state.Hosts[i]]);
        }
    });

    private static NetworkObject AddNetwork(PoolState state, string name, string bridge) =>
        state.Add(new NetworkObject(state) { NameLabel = name, Bridge = bridge });

    private static void AddHost(
        PoolState state, PoolSimulatorOptions options, int index, NetworkObject backup, NetworkObject guests)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"host{index + 1}");
        HostObject host = state.Add(new HostObject(state)
        {
            NameLabel = name,
            Hostname = name + ".pool.example",
            Address = options.Addresses[index],
            HttpsPort = options.HttpsPort,
            NbdPort = options.NbdPort,
        });
        host.ControlDomain = state.Add(new VmObject(state)
        {
            NameLabel = "Control domain on host: " + name,
            IsControlDomain = true,
            PowerState = "Running",
            ResidentOn = host,
        });
        state.Add(new PifObject(state)
        {
            Host = host,
            Network = backup,
            Ip = options.Addresses[index],
            Management = true,
        });
        state.Add(new PifObject(state) { Host = host, Network = guests, Device = "eth1" });
    }

    private static SrObject AddSr(
        PoolState state,
        string name,
        string type,
        IReadOnlyList<HostObject> hosts,
        bool isIso = false,
        bool isRaw = false)
    {
        SrObject sr = state.Add(new SrObject(state)
        {
            NameLabel = name,
            Type = type,
            ContentType = isIso ? "iso" : "user",
            Shared = hosts.Count > 1,
            IsRaw = isRaw,
        });
        foreach (HostObject host in hosts)
        {
            state.Add(new PbdObject(state) { Host = host, Sr = sr });
        }

        return sr;
    }
}
