using VdiFs.Pool.Content;
using VdiFs.Pool.Nbd;
using VdiFs.Pool.State;
using VdiFs.Tests.Nbd.Tls;
using Xunit;

namespace VdiFs.Tests.Pool.Harness;

/// <summary>A pool of two hosts and one shared SR, with xapi-nbd on each; addresses are of this process
/// alone.</summary>
internal sealed class PoolBench : IAsyncDisposable
{
    public const long DiskBytes = 8L << 20;

    private readonly List<NbdServer> _servers = [];

    public PoolBench(string? purpose = "nbd", TimeProvider? time = null)
    {
        State = new PoolState(7, time ?? TimeProvider.System);
        Network = State.Add(new NetworkObject(State));
        SetPurposes(purpose is null ? [] : [purpose]);
        Sr = State.Add(new SrObject(State) { Shared = true });
        Hosts = [AddHost("one"), AddHost("two")];
        State.Mutate(() => State.Add(new PoolObject(State)).Master = Hosts[0]);
        foreach (HostObject host in Hosts)
        {
            State.Add(new PbdObject(State) { Host = host, Sr = Sr });
        }

        Vdi = AddVdi(new VdiContent(DiskBytes, VdiImage.Vhd, new SeededSource(1, [new ByteRange(0, DiskBytes)])));
        Session = State.Sessions.Open("root", "tests").Ref;
        _servers.AddRange(Hosts.Select(host => NbdServer.Start(State, host)));
    }

    public PoolState State { get; }

    public NetworkObject Network { get; }

    public SrObject Sr { get; }

    public HostObject[] Hosts { get; }

    public VdiObject Vdi { get; }

    public IVdiContent Disk => Vdi.Content!;

    public string Session { get; }

    /// <summary>The daemon of the first host.</summary>
    public NbdServer Server => _servers[0];

    public string ExportName => NameOf(Vdi);

    /// <summary>Dom0 VBDs of all VDIs.</summary>
    public VbdObject[] Dom0Vbds => [.. State.All<VbdObject>().Where(vbd => vbd.Dom0Host is not null)];

    public string NameOf(VdiObject vdi) => $"/{vdi.Uuid}?session_id={Session}";

    public VdiObject AddVdi(IVdiContent content, string type = "user") => State.Add(new VdiObject(State)
    {
        Sr = Sr,
        Content = content,
        VirtualSizeBytes = content.Length,
        Type = type,
    });

    /// <summary>A VM that runs on a host and holds the disk for writing.</summary>
    public VmObject RunVm(VdiObject vdi, HostObject host)
    {
        VmObject vm = State.Add(new VmObject(State) { PowerState = "Running", ResidentOn = host });
        State.PlugVbd(State.CreateVbd(vm, vdi, "0", "RW", null), host);
        return vm;
    }

    public void SetPurposes(params string[] purposes) => State.Mutate(() => Network.Purpose.Replace(purposes));

    public Task<PoolClient> ConnectAsync(int host = 0) => PoolClient.ConnectAsync(_servers[host].EndPoint);

    /// <summary>A client in the transmission phase.</summary>
    public async Task<PoolClient> OpenAsync(string? name = null, int host = 0)
    {
        PoolClient client = await ConnectAsync(host);
        await client.HandshakeAsync(tls: true);
        await client.SendOptionAsync(1, name ?? ExportName);
        await client.ExpectAsync(PoolClient.ExportReply(DiskBytes));
        return client;
    }

    public async Task<byte[]> DiskBytesAsync(long offset, int length)
    {
        byte[] bytes = new byte[length];
        await Disk.ReadAsync(offset, bytes, TestContext.Current.CancellationToken);
        return bytes;
    }

    /// <summary>Waits until something is so; the bound is against hangs only.</summary>
    public static async Task UntilAsync(Func<bool> isSo)
    {
        using CancellationTokenSource bound = new(PoolClient.Bound);
        while (!isSo())
        {
            await Task.Delay(1, bound.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (NbdServer server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    private HostObject AddHost(string name)
    {
        VmObject dom0 = State.Add(new VmObject(State) { IsControlDomain = true, PowerState = "Running" });
        HostObject host = new(State)
        {
            NameLabel = name,
            Address = "127.0.0.1",
            NbdPort = 0,
            ControlDomain = dom0,
            ServerCertificate = TestAuthority.SelfSigned(name, [name]),
        };
        return State.Add(host);
    }
}
