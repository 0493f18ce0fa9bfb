using VdiFs.Nbd;
using VdiFs.Simulation.Runs;
using VdiFs.Simulation.Scenarios;
using VdiFs.Simulation.Servers;

namespace VdiFs.Simulation.Network;

/// <summary>One endpoint: a host with an NBD server, its connections, and the faults of its plan.</summary>
internal sealed class SimulatedHost
{
    private readonly Stage _stage;
    private readonly EndpointPlan _plan;
    private readonly List<Connection> _connections = [];
    private Spell? _spell;
    private int _accepted;

    public SimulatedHost(Stage stage, int number)
    {
        _stage = stage;
        _plan = stage.Scenario.Endpoints[number];
        Number = number;
        Chance = stage.Scenario.Chance(100 + number);
        Disk = Impostors.TrueDisk(stage.Scenario);
        foreach (Spell spell in _plan.Spells)
        {
            stage.Schedule.At(spell.Start.Ticks, () => Begin(spell));
            stage.Schedule.At(spell.End.Ticks, () => End(spell));
        }
    }

    public int Number { get; }

    public Random Chance { get; }

    /// <summary>The disk that a connection made now gets.</summary>
    public ServedDisk Disk { get; private set; }

    /// <summary>Whether a fault shows now; some show only now and then.</summary>
    public bool Suffers(FaultKind kind) =>
        _spell is { } spell && spell.Kind == kind && Chance.NextDouble() < spell.Severity;

    /// <summary>Whether a read touches sectors that this endpoint cannot read.</summary>
    public bool IsBad(long diskOffset, long length) => _stage.Scenario.BadRanges.Any(
        range => (range.Endpoint is null || range.Endpoint == Number) && range.Touches(diskOffset, length));

    /// <summary>Whether the server has more connections than it likes.</summary>
    public bool IsBeyondLimit(Connection connection) =>
        _spell is { Kind: FaultKind.ConnectionLimit } spell
        && _connections.IndexOf(connection) >= (int)((1 - spell.Severity) * _stage.Scenario.Connections);

    /// <summary>Connects, as a transport of the client's options does.</summary>
    public async Task<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        _stage.Trace.Note("connect", Number);
        TaskCompletionSource<Stream> connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Knock(connected);
        using (cancellationToken.UnsafeRegister(_ => connected.TrySetCanceled(cancellationToken), null))
        {
            return await connected.Task;
        }
    }

    /// <summary>The client has closed its end.</summary>
    public void Forget(Connection connection) => _connections.Remove(connection);

    private void Knock(TaskCompletionSource<Stream> connected)
    {
        switch (_spell?.Kind)
        {
            case FaultKind.Refusal:
                _stage.Struck(FaultKind.Refusal, Number);
                _stage.Schedule.After(_plan.Latency * 2, () => connected.TrySetException(
                    new NbdException(NbdErrorKind.ConnectFailed, "nobody listens there")));
                break;
            case FaultKind.SilentConnect or FaultKind.HostLoss:
                _stage.Struck(_spell.Value.Kind, Number);
                if (Chance.Next(2) == 0)
                {
                    // One of the repeated SYNs gets through in the end.
                    _stage.Schedule.At(_spell.Value.End.Ticks + TimeSpan.TicksPerSecond, () => Open(connected));
                }

                break;
            default:
                _stage.Schedule.After(_plan.Latency * 2, () => Open(connected));
                break;
        }
    }

    private void Open(TaskCompletionSource<Stream> connected)
    {
        if (connected.Task.IsCompleted)
        {
            return;
        }

        Connection connection = new(_stage, this, (Number * 1_000_000) + _accepted++, _plan.Latency);
        _connections.Add(connection);
        CheckCount();
        connection.Client.LongestReceive = Chance.Next(8) == 0 ? Chance.Next(1, 5000) : int.MaxValue;
        connected.SetResult(connection.Client);
        Afflict(connection);
        _stage.Schedule.After(GreetingDelay(), connection.Accept);
    }

    private void CheckCount()
    {
        if (_connections.Count > _stage.Scenario.Connections)
        {
            _stage.Report(
                FindingKind.Misbehaviour,
                $"{_connections.Count} connections to endpoint {Number}, {_stage.Scenario.Connections} allowed");
        }
    }

    private TimeSpan GreetingDelay()
    {
        if (!Suffers(FaultKind.SlowHandshake))
        {
            return TimeSpan.Zero;
        }

        _stage.Struck(FaultKind.SlowHandshake, Number);
        return TimeSpan.FromSeconds(Chance.NextDouble() * 250);
    }

    private void Begin(Spell spell)
    {
        _stage.Trace.Note("begin", Number, (long)spell.Kind);
        _spell = spell;
        if (spell.Kind == FaultKind.Impostor && _stage.OpenedAt is not null)
        {
            // Not earlier: the first disk that a client meets is the disk.
            Disk = Impostors.Draw(_stage.Scenario, Chance);
        }

        if (spell.Kind is FaultKind.Refusal or FaultKind.Impostor)
        {
            Disconnect();
        }

        foreach (Connection connection in _connections.ToArray())
        {
            Afflict(connection);
        }
    }

    private void End(Spell spell)
    {
        _stage.Trace.Note("end", Number, (long)spell.Kind);
        _spell = null;
        if (spell.Kind == FaultKind.Impostor)
        {
            Disk = Impostors.TrueDisk(_stage.Scenario);
            Disconnect();
        }

        foreach (Connection connection in _connections.ToArray())
        {
            connection.Client.Block(false);
            connection.IsTrickling = false;
            connection.CutAfter(long.MaxValue, spell.Kind);
            connection.Resume();
        }
    }

    private void Disconnect()
    {
        foreach (Connection connection in _connections.ToArray())
        {
            _stage.Struck(_spell?.Kind ?? FaultKind.Refusal, Number);
            connection.Close(isReset: Chance.Next(2) == 0);
        }
    }

    /// <summary>What the spell under way does to a connection, at its start or the connection's.</summary>
    private void Afflict(Connection connection)
    {
        switch (_spell)
        {
            case { Kind: FaultKind.Cut or FaultKind.Reset } spell:
                // Most cuts fall into the handshake or the first replies, where each byte has a meaning of its own.
                int bytes = Chance.Next(3) == 0 ? 1_000_000 : 700;
                connection.CutAfter(Chance.Next((int)(bytes / spell.Severity / 10) + bytes), spell.Kind);
                break;
            case { Kind: FaultKind.HostLoss or FaultKind.Stall } spell:
                _stage.Struck(spell.Kind, Number);
                connection.Hold();
                if (Chance.Next(2) == 0)
                {
                    connection.Die();
                }

                break;
            case { Kind: FaultKind.BlockedWrites }:
                _stage.Struck(FaultKind.BlockedWrites, Number);
                connection.Client.Block(true);
                break;
            case { Kind: FaultKind.Trickle }:
                _stage.Struck(FaultKind.Trickle, Number);
                connection.IsTrickling = true;
                break;
        }
    }
}
