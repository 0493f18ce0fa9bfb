using VdiFs.Disks.Pools.Tree;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools;

/// <summary>Who may be writing to a VDI now.</summary>
/// <param name="Host">The host that has it open for writing; null when the pool does not tell.</param>
/// <param name="Who">For people: the VM, or the host.</param>
internal sealed record VdiWriter(OpaqueRef? Host, string Who)
{
    private const string HostKey = "host_";
    private const string ReadWrite = "RW";
    private const string Revert = "revert";

    /// <summary>The writer of a VDI; null when nobody has it open for writing.</summary>
    public static VdiWriter? Of(VdiRecord vdi, PoolDatabase database)
    {
        OpaqueRef? host = HostOf(vdi, database);
        foreach (OpaqueRef place in vdi.Vbds)
        {
            if (database.Vbds.TryGetValue(place, out VbdRecord? vbd)
                && vbd is { CurrentlyAttached: true, Mode: ReadWrite })
            {
                database.Vms.TryGetValue(vbd.Vm, out VmRecord? vm);
                OpaqueRef? residence = vm is null || vm.ResidentOn.IsNull ? null : vm.ResidentOn;
                return new VdiWriter(host ?? residence, vm is null ? "a VM" : $"VM {PoolNames.Of(vm)}");
            }
        }

        // What attaches a disk past XAPI's own records (a storage migration, say) still shows in the SR's notes.
        if (host is { } holder)
        {
            return new VdiWriter(
                host,
                database.Hosts.TryGetValue(holder, out HostRecord? record) ? $"host {record.NameLabel}" : "a host");
        }

        return vdi.CurrentOperations.Values.Contains(Revert) ? new VdiWriter(null, "a revert under way") : null;
    }

    private static OpaqueRef? HostOf(VdiRecord vdi, PoolDatabase database)
    {
        foreach ((string key, string value) in vdi.SmConfig)
        {
            if (value == ReadWrite && key.StartsWith(HostKey, StringComparison.Ordinal))
            {
                OpaqueRef host = new(key[HostKey.Length..]);
                // The note of a host that has left the pool holds nobody.
                return database.Hosts.ContainsKey(host) ? host : null;
            }
        }

        return null;
    }
}
