using System.Diagnostics;
using System.Security.Cryptography;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Pools;
using VdiFs.Disks.Pools.Owners;
using VdiFs.Disks.Pools.Servers;
using VdiFs.Pool;
using VdiFs.Pool.Content;
using VdiFs.Pool.Faults;
using VdiFs.Pool.Net;
using VdiFs.Pool.State;
using VdiFs.Pool.Tls;
using VdiFs.Tests.Xapi.Scripted;
using VdiFs.Xapi;
using VdiFs.Xapi.Model;
using Xunit;

namespace VdiFs.Tests.Disks.Pools.Simulated;

/// <summary>
/// The demo pool on loopback addresses of its own, and the catalog of it as a mount has it. Disposing it fails when
/// anything of ours is left in the pool.
/// </summary>
internal sealed class SimulatedPool : IAsyncDisposable
{
    /// <summary>Far beyond what anything here takes: a test that meets it hangs.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private const string Password = "correct horse battery staple";
    private const int HttpsPort = 44_330;
    private const int PieceBytes = 1 << 20;

    private static int _pools;

    private readonly PoolSimulator _simulator;
    private readonly string _source;
    private readonly BlockCache _cache = new(BlockCache.MinimumCapacityBytes);
    private PoolCatalog? _catalog;
    private XapiPool? _opened;

    private SimulatedPool(PoolSimulator simulator, string source)
    {
        _simulator = simulator;
        _source = source;
        Disk = Vdi("one/two");
        Snapshot = State.Snapshot(Disk);
    }

    public string Source => _source;

    public XapiAddress Address => XapiAddress.TryParse(_source, out XapiAddress? address, out string error)
        ? address
        : throw new InvalidOperationException(error);

    public PoolState State => _simulator.State;

    public PoolActions Actions => _simulator.Actions;

    public LogLines Log { get; } = new();

    /// <summary>What the mount knows of this machine.</summary>
    public IProcessTable Processes { get; set; } = LinuxProcessTable.Instance;

    /// <summary>A disk of 64 MiB of a halted VM, in the SR that all hosts see.</summary>
    public VdiObject Disk { get; }

    /// <summary>A snapshot of it.</summary>
    public VdiObject Snapshot { get; }

    /// <summary>A disk of 96 MiB that only the last host sees.</summary>
    public VdiObject LocalDisk => Vdi("orphan");

    /// <summary>The only host that sees it; it does not lead.</summary>
    public HostObject LocalHost => State.Hosts[2];

    /// <summary>What the mount has heard of the pool so far.</summary>
    public PoolDatabase Mirrored => _opened?.Database ?? throw new InvalidOperationException("the pool is not mounted");

    public PoolCatalog Catalog => _catalog ?? throw new InvalidOperationException("the pool is not mounted");

    public int NbdConnections => _simulator.NbdServers.Sum(server => server.Connections);

    public static async Task<SimulatedPool> StartAsync()
    {
        int number = Interlocked.Increment(ref _pools);
        PoolSimulator simulator = await LoopbackNetworks.StartAsync(3, addresses => new PoolSimulatorOptions
        {
            Addresses = addresses,
            HttpsPort = HttpsPort,
            Passwords = new Dictionary<string, string> { ["root"] = Password },
            Seed = number,
        });
        return new SimulatedPool(simulator, $"xapi://root@{simulator.State.Hosts[0].Address}:{HttpsPort}");
    }

    /// <summary>Looks at the pool as a mount does.</summary>
    /// <param name="readDeadline">By the hurried clock, as all that follows.</param>
    /// <param name="options">How it is read; idle connections are closed after 5 s unless it says otherwise.</param>
    /// <param name="speed">How much faster than it does time passes for the catalog.</param>
    public async Task MountAsync(
        TimeSpan? readDeadline = null, Func<PoolOptions, PoolOptions>? options = null, int speed = 10)
    {
        CatalogOptions all = Options(readDeadline, options);
        HurriedClock clock = new(speed);
        _opened = await LoginAsync(all);
        NbdPoolConnector connector = new(all, clock, Random.Shared, Log);
        _catalog = new PoolCatalog(_opened, connector, all, Processes, clock, Random.Shared, Log);
    }

    /// <summary>The pool as a mount sees it, without the mount.</summary>
    public Task<XapiPool> LoginAsync() => LoginAsync(Options());

    /// <summary>How a mount reads it.</summary>
    public CatalogOptions Options(TimeSpan? readDeadline = null, Func<PoolOptions, PoolOptions>? options = null)
    {
        PoolOptions pool = new() { Password = new PoolPassword(Password), IdleTimeout = TimeSpan.FromSeconds(5) };
        return new CatalogOptions
        {
            MountTime = DateTimeOffset.UnixEpoch,
            ReadDeadline = readDeadline ?? TimeSpan.FromMinutes(5),
            Tls = new TlsOptions
            {
                Fingerprint = HostCertificates.Fingerprint(
                    State.Hosts[0].ServerCertificate!, HashAlgorithmName.SHA256),
            },
            Pool = options is null ? pool : options(pool),
        };
    }

    public VdiObject Vdi(string name) =>
        State.All<VdiObject>().Single(vdi => vdi.NameLabel == name && vdi is { IsASnapshot: false, Managed: true });

    public VmObject Vm(string name) => State.All<VmObject>().Single(vm => vm.NameLabel == name && !vm.IsASnapshot);

    public void OnEveryHost(Action<HostFaults> set)
    {
        foreach (HostObject host in State.Hosts)
        {
            set(host.Faults);
        }
    }

    /// <summary>What the tree shows of a disk now; null when it shows it no more.</summary>
    public DiskEntry? FindEntry(VdiObject vdi) =>
        Catalog.Disks.SingleOrDefault(entry => entry.Origin.EndsWith(vdi.Uuid, StringComparison.Ordinal));

    public DiskEntry EntryOf(VdiObject vdi) => FindEntry(vdi) ?? throw new InvalidOperationException("it is not shown");

    public async Task<OpenDisk> OpenAsync(DiskEntry entry) =>
        await entry.OpenAsync(_cache, Ending).WaitAsync(Bound, Ending);

    public async Task<byte[]> ReadAsync(DiskEntry entry, long diskOffset, int length)
    {
        OpenDisk disk = await OpenAsync(entry);
        CopyingBorrower borrower = new();
        await disk.Reader.LendAsync(diskOffset, length, borrower, Ending).AsTask().WaitAsync(Bound, Ending);
        return borrower.Bytes;
    }

    public Task<byte[]> ReadAsync(VdiObject vdi, long diskOffset = 0, int length = 4096) =>
        ReadAsync(EntryOf(vdi), diskOffset, length);

    /// <summary>A read that must fail.</summary>
    public Task<DiskException> FailAsync(VdiObject vdi, long diskOffset = 0, int length = 4096) =>
        FailAsync(EntryOf(vdi), diskOffset, length);

    public Task<DiskException> FailAsync(DiskEntry entry, long diskOffset = 0, int length = 4096) =>
        Assert.ThrowsAsync<DiskException>(() => ReadAsync(entry, diskOffset, length));

    /// <summary>Reads the whole disk; it must hold what the pool has of it, or of another in its place.</summary>
    public async Task AssertHoldsAsync(VdiObject vdi, IVdiContent? expected = null)
    {
        DiskEntry entry = EntryOf(vdi);
        Assert.Equal((expected ?? vdi.Content!).Length, entry.KnownLength);
        await AssertRangeAsync(entry, expected ?? vdi.Content!, 0, entry.KnownLength!.Value);
    }

    public async Task AssertRangeAsync(DiskEntry entry, IVdiContent expected, long diskOffset, long length)
    {
        byte[] bytes = new byte[PieceBytes];
        for (long end = diskOffset + length; diskOffset < end; diskOffset += PieceBytes)
        {
            Memory<byte> piece = bytes.AsMemory(0, (int)Math.Min(PieceBytes, end - diskOffset));
            await expected.ReadAsync(diskOffset, piece, Ending);
            byte[] read = await ReadAsync(entry, diskOffset, piece.Length);
            Assert.True(piece.Span.SequenceEqual(read), $"wrong bytes in the MiB at {diskOffset}");
        }
    }

    /// <summary>Waits until something is so.</summary>
    public static async Task UntilAsync(Func<bool> condition, Func<string> what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Bound, $"not within {Bound}: {what()}");
            await Task.Delay(5, Ending);
        }
    }

    public static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(condition, () => what);

    /// <summary>Reads the whole disk, each piece until that succeeds: it must hold what the pool has of it. Under a short
    /// deadline a slow machine may need several attempts.</summary>
    public async Task RecoversAsync(VdiObject vdi)
    {
        for (long diskOffset = 0; diskOffset < vdi.VirtualSizeBytes; diskOffset += PieceBytes)
        {
            long piece = Math.Min(PieceBytes, vdi.VirtualSizeBytes - diskOffset);
            long start = Stopwatch.GetTimestamp();
            while (await Record.ExceptionAsync(
                () => AssertRangeAsync(EntryOf(vdi), vdi.Content!, diskOffset, piece)) is { } error)
            {
                Assert.True(error is DiskException && Stopwatch.GetElapsedTime(start) < Bound, error.ToString());
                await Task.Delay(20, Ending);
            }
        }
    }

    /// <summary>Waits until a disk that is being read was refused by every host.</summary>
    public Task AllFailedAsync(VdiObject vdi) => UntilAsync(
        () => EntryOf(vdi).Opened?.Source.Servers is { Count: 3 } servers
            && servers.All(server => server.LastFailure is not null),
        "all hosts have been tried");

    /// <summary>Waits until the tree has another disk, or none, in the place of this one.</summary>
    public Task ReplacedAsync(VdiObject vdi, DiskEntry entry) =>
        UntilAsync(() => FindEntry(vdi) != entry, "the tree follows the pool");

    /// <summary>What the pool's administrator would find of ours; empty when that is nothing.</summary>
    public string Leftovers()
    {
        (string What, int Count)[] all =
        [
            ("sessions", State.Sessions.Count),
            ("VBDs of dom0", State.All<VbdObject>().Count(vbd => vbd.Dom0Host is not null)),
            ("tasks", State.All<TaskObject>().Count),
            ("snapshots", State.All<VdiObject>().Count(IsOurs)),
        ];
        return string.Join(", ", all.Where(one => one.Count > 0).Select(one => $"{one.Count} {one.What}"));
    }

    /// <summary>Whether a mount made it for itself.</summary>
    public static bool IsOurs(VdiObject vdi) =>
        vdi.Tags.Contains("vdifs") || vdi.NameLabel.StartsWith("VdiFs", StringComparison.Ordinal);

    public async Task UnmountAsync()
    {
        if (_catalog is { } catalog)
        {
            _catalog = null;
            await catalog.DisposeAsync().AsTask().WaitAsync(Bound);
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await UnmountAsync();
            await UntilAsync(() => Leftovers().Length == 0, () => $"nothing is left in the pool, but {Leftovers()}");
        }
        finally
        {
            _cache.Dispose();
            await _simulator.DisposeAsync();
        }
    }

    private Task<XapiPool> LoginAsync(CatalogOptions options) =>
        XapiPool.OpenAsync(Address, options, Log, Ending).WaitAsync(Bound, Ending);

    private static CancellationToken Ending => TestContext.Current.CancellationToken;
}
