using System.CommandLine;
using VdiFs.Disks.Pools;

namespace VdiFs.Options;

/// <summary>The options of every command that talks to a pool.</summary>
internal sealed class PoolOptionTable
{
    private readonly Option<string?> _passwordFile = OptionFactory.Valued<string?>(
        "--password-file", "FILE",
        "File with a pool's password; else VDIFS_PASSWORD, a systemd credential vdifs.password, or a prompt",
        null, ValueReaders.Text, "a file name");

    private readonly Option<bool> _autoSnapshot = OptionFactory.Flag(
        "--auto-snapshot", "Snapshot a running VM's disk when it is opened, and remove that after the last close");

    private readonly Option<bool> _liveDisks = OptionFactory.Flag(
        "--live-disks", "Read running VMs' disks while they change: a copy is of no single moment");

    private readonly Option<string?> _network = OptionFactory.Valued<string?>(
        "--network", "NETWORK",
        "Name or uuid of the pool's network to read disks over; else its backup network, or any",
        null, ValueReaders.Text, "the name or uuid of a network");

    private readonly Option<int> _hostConnections = OptionFactory.Valued(
        "--host-connections", "N",
        "Connections to one host of a pool at most, over all disks, 1 to 16 (a host's own limit)",
        new PoolOptions().HostConnections, ValueReaders.Connections, "a number of 1 to 16");

    private readonly Option<DurationText> _idle = OptionFactory.Valued(
        "--idle", "DURATION", "Let go of a pool's disk after so long without a read, 1s to 1d",
        new DurationText(new PoolOptions().IdleTimeout), ValueReaders.ReadDeadline,
        "a duration of 1s to 1d, such as 30s");

    private readonly Option<bool> _trustStale = OptionFactory.Flag(
        "--trust-stale-certificates",
        "Let a pool's host show another certificate over NBD than XAPI says it has (xapi-nbd keeps an old one)");

    public void AddTo(Command command)
    {
        Option[] options =
            [_passwordFile, _autoSnapshot, _liveDisks, _network, _hostConnections, _idle, _trustStale];
        foreach (Option option in options)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What --password-file names; null when it was not given.</summary>
    public string? PasswordFile(ParseResult result) => result.GetValue(_passwordFile);

    /// <summary>Everything but the password.</summary>
    public PoolOptions Read(ParseResult result) => new()
    {
        AutoSnapshot = result.GetValue(_autoSnapshot),
        LiveDisks = result.GetValue(_liveDisks),
        Network = result.GetValue(_network),
        HostConnections = result.GetValue(_hostConnections),
        IdleTimeout = result.GetValue(_idle).Duration,
        TrustStaleCertificates = result.GetValue(_trustStale),
        MapDirectory = ProgramDirectories.Cache("maps"),
        RuntimeDirectory = ProgramDirectories.Runtime("pools"),
        PinFile = ProgramDirectories.State("pool-certificates"),
    };
}
