using VdiFs.EndToEnd.Harness;
using VdiFs.Pool;
using VdiFs.Pool.Content;
using VdiFs.Pool.Net;
using VdiFs.Pool.State;
using VdiFs.Pool.Tls;

namespace VdiFs.EndToEnd.Pools;

/// <summary>
/// A simulated pool in this process, on loopback addresses of its own, and how to mount it. Disposing it fails when
/// something of ours is left in the pool.
/// </summary>
internal sealed class SimulatedPool : IDisposable
{
    private const string Password = "correct horse battery staple";
    private const int HttpsPort = 44300;

    private static int _pools;

    private readonly Bench _bench;
    private readonly PoolSimulator _simulator;

    private SimulatedPool(Bench bench, PoolSimulator simulator)
    {
        _bench = bench;
        _simulator = simulator;
        PasswordFile = bench.PathOf("password");
        File.WriteAllText(PasswordFile, Password + "\n");
        File.SetUnixFileMode(PasswordFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public PoolState State => _simulator.State;

    public PoolActions Actions => _simulator.Actions;

    public string PasswordFile { get; }

    /// <summary>Exports begun so far.</summary>
    public int ExportsServed => _simulator.Exports.Served;

    /// <summary>Calls answered so far.</summary>
    public int Calls => _simulator.Calls;

    /// <summary>NBD connections that hosts have taken so far.</summary>
    public int NbdConnectionsTaken => _simulator.NbdServers.Sum(server => server.Taken);

    /// <summary>Open NBD connections to all hosts.</summary>
    public int NbdConnections => _simulator.NbdServers.Sum(server => server.Connections);

    public string Source => SourceAt(0);

    /// <summary>What proves the pool to be the right one, and who is asking.</summary>
    public string[] Credentials => ["--password-file", PasswordFile, "--fingerprint", FingerprintOf(State.Hosts[0])];

    public static SimulatedPool Start(Bench bench, bool isLarge = false)
    {
        int number = Interlocked.Increment(ref _pools);
        PoolSimulator simulator = LoopbackNetworks.StartAsync(3, addresses => new PoolSimulatorOptions
        {
            Addresses = addresses,
            HttpsPort = HttpsPort,
            Passwords = new Dictionary<string, string> { ["root"] = Password },
            // Uuids follow from it, and what is kept on disk of one pool must not be taken for another's.
            Seed = number,
            IsLarge = isLarge,
        }).GetAwaiter().GetResult();
        return bench.Own(new SimulatedPool(bench, simulator));
    }

    public string SourceAt(int host) => $"xapi://root@{State.Hosts[host].Address}:{HttpsPort}";

    /// <summary>Mounts the pool, which must succeed without a word.</summary>
    public VdifsMount Mount(params IEnumerable<string> options) =>
        VdifsMount.Start(_bench, Source, [.. Credentials, .. options]);

    /// <summary>Snapshots that mounts made for themselves.</summary>
    public IReadOnlyList<VdiObject> OwnSnapshots =>
        [.. State.All<VdiObject>().Where(vdi => vdi.Tags.Contains("vdifs"))];

    private IEnumerable<TaskObject> OwnTasks =>
        State.All<TaskObject>().Where(task => task.NameLabel.Contains("VdiFs", StringComparison.Ordinal));

    public VdiObject Vdi(string name) =>
        State.All<VdiObject>().Single(vdi => vdi.NameLabel == name && !vdi.IsASnapshot);

    /// <summary>The snapshots of a disk, the oldest first.</summary>
    public VdiObject[] SnapshotsOf(string name)
    {
        string origin = Vdi(name).Ref;
        return [.. State.All<VdiObject>().Where(vdi => vdi.SnapshotOf == origin).OrderBy(vdi => vdi.SnapshotTime)];
    }

    public VmObject Vm(string name) => State.All<VmObject>().Single(vm => vm.NameLabel == name && !vm.IsASnapshot);

    /// <summary>The bytes of a disk in a file, holes left out.</summary>
    public string FileOf(VdiObject vdi)
    {
        string path = _bench.PathOf($"{vdi.Uuid}.raw");
        IVdiContent content = vdi.Content!;
        using FileStream file = File.Create(path);
        byte[] granule = new byte[content.GranuleBytes];
        foreach (long number in content.AllocatedGranules())
        {
            long offset = number * content.GranuleBytes;
            Memory<byte> bytes = granule.AsMemory(0, (int)Math.Min(granule.Length, content.Length - offset));
            content.ReadAsync(offset, bytes, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            RandomAccess.Write(file.SafeFileHandle, bytes.Span, offset);
        }

        file.SetLength(content.Length);
        return path;
    }

    /// <summary>What a pool's administrator would find of ours; empty when nothing is left.</summary>
    public string Leftovers()
    {
        List<string> left = [];
        Add("sessions", State.Sessions.Count);
        Add("VBDs of dom0", State.All<VbdObject>().Count(vbd => vbd.Dom0Host is not null));
        Add("tasks of ours", OwnTasks.Count());
        Add("snapshots of ours", OwnSnapshots.Count);
        return string.Join(", ", left);

        void Add(string what, int count)
        {
            if (count > 0)
            {
                left.Add($"{count} {what}");
            }
        }
    }

    /// <summary>Nothing of ours is in the pool any more, or soon.</summary>
    public void AssertNothingIsLeft() =>
        Assert.True(Wait.TryUntil(() => Leftovers().Length == 0), $"left in the pool: {Leftovers()}");

    public void Dispose()
    {
        try
        {
            AssertNothingIsLeft();
        }
        finally
        {
            _simulator.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static string FingerprintOf(HostObject host) => HostCertificates
        .Fingerprint(host.ServerCertificate!, System.Security.Cryptography.HashAlgorithmName.SHA256);
}
