using System.Globalization;
using VdiFs.Chaos.Network;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.Chaos.Servers;

/// <summary>Where a server listens: a unix socket of the bench, or the port of a host of its own.</summary>
internal sealed class ServerSpot
{
    public const int Port = 10809;

    private ServerSpot(string pidFile, string? socket, NetworkHost? host)
    {
        PidFile = pidFile;
        Socket = socket;
        Host = host;
    }

    public string PidFile { get; }

    public string? Socket { get; }

    public NetworkHost? Host { get; }

    /// <summary>A socket of the bench.</summary>
    public static ServerSpot OnSocket(Bench bench, string name) =>
        new(bench.PathOf($"{name}.pid"), bench.PathOf($"{name}.sock"), host: null);

    /// <summary>A port of another host.</summary>
    public static ServerSpot OnHost(Bench bench, NetworkHost host) =>
        new(bench.PathOf($"{host.Name}.pid"), socket: null, host);

    /// <summary>What puts a command there.</summary>
    public IReadOnlyList<string> Prefix => Host is null ? [] : ["nsenter", $"--net={Host.NamespacePath}"];

    /// <summary>nbdkit's options for listening here.</summary>
    public IReadOnlyList<string> NbdkitOptions => Host is null
        ? ["-U", Socket!]
        : ["-i", Host.Address, "-p", Port.ToString(CultureInfo.InvariantCulture)];

    /// <summary>The source to mount that names all of these endpoints.</summary>
    public static string SourceOf(params IReadOnlyList<ServerSpot> spots) => spots[0].Socket is null
        ? $"nbd://{string.Join(',', spots.Select(spot => spot.Host!.Address))}/{Export}"
        : $"nbd+unix:///{Export}?{string.Join('&', spots.Select(spot => $"socket={spot.Socket}"))}";

    /// <summary>The export's name, and so the name of its folder.</summary>
    public const string Export = "disk";
}
