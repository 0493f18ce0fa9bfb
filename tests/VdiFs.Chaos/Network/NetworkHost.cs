using System.Globalization;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.Chaos.Network;

/// <summary>
/// A host of its own: a network namespace behind a pair of virtual interfaces. Faults are injected on its side, so
/// nothing of them touches this machine's network; Dispose removes it with all of them.
/// </summary>
internal sealed class NetworkHost : IDisposable
{
    private const string Table = "inet vdifs";
    private const string Device = "eth0";

    // Names and addresses have the process id in them, for runs beside each other on one machine.
    private static readonly string Network = string.Create(
        CultureInfo.InvariantCulture, $"10.77.{Environment.ProcessId & 255}");

    private static readonly string Ours = $"{Network}.1";
    private static int _lastNumber = 1;
    private readonly string _link;

    private NetworkHost(int number)
    {
        Name = string.Create(CultureInfo.InvariantCulture, $"vdifs-{Environment.ProcessId}-{number}");
        Address = string.Create(CultureInfo.InvariantCulture, $"{Network}.{number}");
        _link = string.Create(CultureInfo.InvariantCulture, $"vd{Environment.ProcessId}-{number}");
    }

    public string Name { get; }

    public string Address { get; }

    public string NamespacePath => $"/run/netns/{Name}";

    /// <summary>Makes a host; a run of the program has room for 253.</summary>
    public static NetworkHost Make(Bench bench)
    {
        NetworkHost host = new(Interlocked.Increment(ref _lastNumber));
        Command.Ok("ip", "netns", "add", host.Name);
        bench.Own(host);
        Command.Ok("ip", "link", "add", host._link, "type", "veth", "peer", "name", Device, "netns", host.Name);
        Command.Ok("ip", "addr", "add", Ours, "peer", host.Address, "dev", host._link);
        Command.Ok("ip", "link", "set", host._link, "up");
        Command.Ok("ip", "-n", host.Name, "addr", "add", host.Address, "peer", Ours, "dev", Device);
        Command.Ok("ip", "-n", host.Name, "link", "set", Device, "up");
        return host;
    }

    /// <summary>
    /// Replaces the packet rules: what happens to packets to the host, and to those from it; "" for nothing.
    /// </summary>
    public void Filter(string incoming, string outgoing) => Nft(
        $$"""
        add table {{Table}}
        delete table {{Table}}
        table {{Table}} {
          chain incoming {
            type filter hook input priority 0;
            {{incoming}}
          }
          chain outgoing {
            type filter hook output priority 0;
            {{outgoing}}
          }
        }
        """);

    /// <summary>Packets that rules with a counter have met since the rules were set.</summary>
    public long CountedPackets()
    {
        long sum = 0;
        string[] words = Inside("nft", "list", "table", "inet", "vdifs")
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i + 2 < words.Length; i++)
        {
            sum += words[i] == "counter" && words[i + 1] == "packets"
                ? long.Parse(words[i + 2], CultureInfo.InvariantCulture)
                : 0;
        }

        return sum;
    }

    /// <summary>Takes every packet rule away.</summary>
    public void Heal() => Filter("", "");

    /// <summary>Limits what the host sends.</summary>
    public void Limit(string rate) =>
        Inside(
            "tc", "qdisc", "replace", "dev", Device, "root", "tbf", "rate", rate, "burst", "256kb", "latency", "200ms");

    public void Unlimit() => Inside("tc", "qdisc", "del", "dev", Device, "root");

    /// <summary>Runs a command in the host's network; it must succeed.</summary>
    public string Inside(params IEnumerable<string> command) =>
        Command.Ok("nsenter", command.Prepend($"--net={NamespacePath}"));

    public void Dispose()
    {
        // The kernel takes the pair of interfaces down some time after the namespace; the name must be free at once.
        Command.Run("ip", "link", "del", _link);
        Command.Ok("ip", "netns", "del", Name);
    }

    private void Nft(string rules) =>
        Command.BashOk("nsenter --net=\"$1\" nft -f - <<< \"$2\"", NamespacePath, rules);
}
