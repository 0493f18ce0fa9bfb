using System.Collections.Immutable;
using System.Globalization;
using VdiFs.Xapi.Model;

namespace VdiFs.Tests.Disks.Pools;

/// <summary>A pool's records made by hand: one pool, and what a test puts into it.</summary>
internal sealed class PoolBuilder
{
    public const string PoolUuid = "11111111-1111-4111-8111-111111111111";

    private int _count;

    public PoolDatabase Database { get; set; } = new()
    {
        Pool = new PoolRecord { Ref = new OpaqueRef("OpaqueRef:pool"), Uuid = PoolUuid, NameLabel = "pool" },
    };

    /// <summary>A uuid of version 4 with this number in it.</summary>
    public static string Uuid(int number) =>
        string.Create(CultureInfo.InvariantCulture, $"00000000-0000-4000-8000-{number:x12}");

    public HostRecord Host(string name, string address, bool live = true)
    {
        HostMetricsRecord metrics = new() { Ref = Next("metrics"), Uuid = Uuid(_count), Live = live };
        HostRecord host = new()
        {
            Ref = Next("host"), Uuid = Uuid(_count), NameLabel = name, Address = address, Metrics = metrics.Ref,
        };
        Database = Database with
        {
            Hosts = Database.Hosts.Add(host.Ref, host),
            HostMetrics = Database.HostMetrics.Add(metrics.Ref, metrics),
        };
        return host;
    }

    public NetworkRecord Network(string name, params string[] purpose)
    {
        OpaqueRef reference = Next("network");
        NetworkRecord network = new() { Ref = reference, Uuid = Uuid(_count), NameLabel = name, Purpose = purpose };
        Database = Database with { Networks = Database.Networks.SetItem(network.Ref, network) };
        return network;
    }

    public PifRecord Pif(HostRecord host, NetworkRecord network, string ip, params string[] ipv6)
    {
        PifRecord pif = new()
        {
            Ref = Next("pif"), Uuid = Uuid(_count), Host = host.Ref, Network = network.Ref, CurrentlyAttached = true,
            Management = true, Ip = ip, Ipv6 = ipv6,
        };
        Database = Database with { Pifs = Database.Pifs.Add(pif.Ref, pif) };
        return pif;
    }

    public CertificateRecord Certificate(HostRecord host, string fingerprint)
    {
        CertificateRecord certificate = new()
        {
            Ref = Next("certificate"), Uuid = Uuid(_count), Type = "host", Host = host.Ref,
            FingerprintSha256 = fingerprint,
        };
        Database = Database with { Certificates = Database.Certificates.Add(certificate.Ref, certificate) };
        return certificate;
    }

    public SrRecord Sr(string name, string type = "nfs", string contentType = "user", params HostRecord[] hosts)
    {
        SrRecord sr = new()
        {
            Ref = Next("sr"), Uuid = Uuid(_count), NameLabel = name, Type = type, ContentType = contentType,
            PhysicalSizeBytes = 1L << 44,
        };
        Database = Database with { Srs = Database.Srs.Add(sr.Ref, sr) };
        foreach (HostRecord host in hosts)
        {
            PbdRecord pbd = new()
            {
                Ref = Next("pbd"), Uuid = Uuid(_count), Host = host.Ref, Sr = sr.Ref, CurrentlyAttached = true,
            };
            Database = Database with { Pbds = Database.Pbds.Add(pbd.Ref, pbd) };
        }

        return sr;
    }

    public VdiRecord Vdi(SrRecord sr, string name, Func<VdiRecord, VdiRecord>? change = null)
    {
        OpaqueRef reference = Next("vdi");
        VdiRecord vdi = new()
        {
            Ref = reference, Uuid = Uuid(_count), NameLabel = name, Sr = sr.Ref, VirtualSizeBytes = 1024 * 1024,
            Type = "user", Managed = true, SnapshotTime = DateTimeOffset.UnixEpoch,
        };
        return Put(change?.Invoke(vdi) ?? vdi);
    }

    public VdiRecord Snapshot(VdiRecord origin, DateTimeOffset time) =>
        Put(origin with
        {
            Ref = Next("vdi"), Uuid = Uuid(_count), IsASnapshot = true, SnapshotOf = origin.Ref, SnapshotTime = time,
            Vbds = [],
        });

    public VmRecord Vm(string name, Func<VmRecord, VmRecord>? change = null)
    {
        OpaqueRef reference = Next("vm");
        VmRecord vm = new() { Ref = reference, Uuid = Uuid(_count), NameLabel = name, PowerState = "Halted" };
        return Put(change?.Invoke(vm) ?? vm);
    }

    public VbdRecord Attach(VmRecord vm, VdiRecord vdi, string position, Func<VbdRecord, VbdRecord>? change = null)
    {
        OpaqueRef reference = Next("vbd");
        VbdRecord vbd = new()
        {
            Ref = reference, Uuid = Uuid(_count), Vm = vm.Ref, Vdi = vdi.Ref, UserDevice = position, Type = "Disk",
            Mode = "RW",
        };
        vbd = change?.Invoke(vbd) ?? vbd;
        Database = Database with { Vbds = Database.Vbds.Add(vbd.Ref, vbd) };
        VmRecord knownVm = Database.Vms[vm.Ref];
        VdiRecord knownVdi = Database.Vdis[vdi.Ref];
        Put(knownVm with { Vbds = [.. knownVm.Vbds, vbd.Ref] });
        Put(knownVdi with { Vbds = [.. knownVdi.Vbds, vbd.Ref] });
        return vbd;
    }

    public VbdRecord Put(VbdRecord vbd)
    {
        Database = Database with { Vbds = Database.Vbds.SetItem(vbd.Ref, vbd) };
        return vbd;
    }

    public VdiRecord Put(VdiRecord vdi)
    {
        Database = Database with { Vdis = Database.Vdis.SetItem(vdi.Ref, vdi) };
        return vdi;
    }

    public VmRecord Put(VmRecord vm)
    {
        Database = Database with { Vms = Database.Vms.SetItem(vm.Ref, vm) };
        return vm;
    }

    public TaskRecord Put(TaskRecord task)
    {
        Database = Database with { Tasks = Database.Tasks.SetItem(task.Ref, task) };
        return task;
    }

    public OpaqueRef Next(string kind) =>
        new(string.Create(CultureInfo.InvariantCulture, $"OpaqueRef:{kind}-{++_count}"));
}
