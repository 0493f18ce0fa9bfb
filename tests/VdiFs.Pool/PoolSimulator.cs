using VdiFs.Pool.Content;
using VdiFs.Pool.Demo;
using VdiFs.Pool.Exports;
using VdiFs.Pool.Faults;
using VdiFs.Pool.Http;
using VdiFs.Pool.Nbd;
using VdiFs.Pool.Rpc;
using VdiFs.Pool.State;
using VdiFs.Pool.Tls;

namespace VdiFs.Pool;

/// <summary>A pool that runs: the database, and on each host's address its XAPI and xapi-nbd.</summary>
public sealed class PoolSimulator : IAsyncDisposable
{
    private readonly RpcDispatcher _dispatcher;
    private readonly RpcEndpoint _rpc;
    private readonly List<HttpServer> _httpServers = [];
    private readonly List<NbdServer> _nbdServers = [];
    private readonly DiskFolder _disks;
    private readonly CancellationTokenSource _stopping = new();
    private Task _collecting = Task.CompletedTask;

    private PoolSimulator(PoolSimulatorOptions options)
    {
        Options = options;
        _disks = new DiskFolder(options.DiskFolder);
        State = Build(options, _disks);
        Actions = new PoolActions(State);
        Exports = new RawVdiExport(State);
        _dispatcher = new RpcDispatcher(State, options.Passwords, Actions);
        _rpc = new RpcEndpoint(State, _dispatcher);
    }

    /// <summary>What it was started with.</summary>
    public PoolSimulatorOptions Options { get; }

    /// <summary>The database.</summary>
    public PoolState State { get; }

    /// <summary>What may happen to the pool as a whole.</summary>
    public PoolActions Actions { get; }

    /// <summary>The export handler.</summary>
    public RawVdiExport Exports { get; }

    /// <summary>The xapi-nbd of each host, in the hosts' order.</summary>
    public IReadOnlyList<NbdServer> NbdServers => _nbdServers;

    /// <summary>Calls answered so far.</summary>
    public int Calls => _rpc.Calls;

    /// <summary>A pool that nobody can connect to: its database.</summary>
    public static PoolState Build(PoolSimulatorOptions options, DiskFolder disks)
    {
        var state = new PoolState(options.Seed, options.Time);
        PoolHardware.Build(state, options);
        if (options.IsLarge)
        {
            LargePool.Build(state);
        }
        else
        {
            DemoPool.Build(state, options.Seed, disks);
        }

        foreach (HostObject host in state.Hosts)
        {
            HostCertificates.Issue(state, host);
        }

        return state;
    }

    /// <summary>Starts a pool.</summary>
    public static async Task<PoolSimulator> StartAsync(PoolSimulatorOptions options)
    {
        var simulator = new PoolSimulator(options);
        try
        {
            simulator.Listen();
            return simulator;
        }
        catch
        {
            await simulator.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _collecting;
        foreach (HttpServer server in _httpServers)
        {
            await server.DisposeAsync();
        }

        foreach (NbdServer server in _nbdServers)
        {
            await server.DisposeAsync();
        }

        await _dispatcher.DisposeAsync();
        _disks.Dispose();
        _stopping.Dispose();
    }

    private void Listen()
    {
        var routes = new HttpRoutes();
        _rpc.Register(routes);
        Exports.Register(routes);
        new ControlEndpoint(State, Actions).Register(routes);
        foreach (HostObject host in State.Hosts)
        {
            _httpServers.Add(HttpServer.Start(host, routes));
            _nbdServers.Add(NbdServer.Start(State, host));
        }

        _collecting = CollectAsync();
    }

    private async Task CollectAsync()
    {
        using var timer = new PeriodicTimer(GarbageCollector.Period, Options.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                Actions.Collector.Collect();
            }
        }
        catch (OperationCanceledException)
        {
            // The pool is stopped.
        }
    }
}
