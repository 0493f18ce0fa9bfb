using VdiFs.Disks.Pools.Servers;
using VdiFs.Disks.Pools.Tree;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools;

/// <summary>Tells whether a pool still has a disk to be read.</summary>
internal static class VdiCheck
{
    private const string DataDestroyed = "cbt_metadata";

    /// <summary>The record of a VDI that can be read.</summary>
    /// <exception cref="DiskException">NotFound: it is gone, or its content is.</exception>
    public static VdiRecord Find(OpaqueRef vdi, string name, PoolDatabase database)
    {
        if (!database.Vdis.TryGetValue(vdi, out VdiRecord? record))
        {
            throw new DiskException(DiskErrorKind.NotFound, $"{name} was destroyed in the pool");
        }

        string? reason = record switch
        {
            { Type: DataDestroyed } => "its data was destroyed in the pool (data_destroy), only its change log is left",
            { Missing: true } => "its SR does not find it any more: rescan the SR (xe sr-scan uuid=...)",
            { Managed: false } => "the pool keeps it as a base copy for others and does not give it out",
            _ => null,
        };
        return reason is null ? record : throw new DiskException(DiskErrorKind.NotFound, $"{name}: {reason}");
    }

    /// <summary>What the pool says of a disk that could not be read; empty when that explains nothing.</summary>
    public static string Explain(OpaqueRef vdi, IPool pool)
    {
        PoolDatabase database = pool.Database;
        if (!database.Vdis.TryGetValue(vdi, out VdiRecord? record))
        {
            return "the VDI was destroyed in the pool";
        }

        List<string> reasons = [];
        if (pool.Trouble is { } trouble)
        {
            reasons.Add($"the pool itself does not answer ({trouble})");
        }

        if (!ServerCandidates.HostsOf(record, database).Any())
        {
            reasons.Add("its SR is attached to no host any more");
        }

        if (VdiWriter.Of(record, database) is { } writer)
        {
            reasons.Add($"{writer.Who} has it open for writing");
        }

        if (record.CurrentOperations.Count > 0)
        {
            IEnumerable<string> operations = record.CurrentOperations.Values.Distinct().Order(StringComparer.Ordinal);
            reasons.Add($"operations on it under way: {string.Join(", ", operations)}");
        }

        if (!PoolVisibility.IsShown(record, database))
        {
            reasons.Add($"it is of type {record.Type} now, managed {record.Managed}, missing {record.Missing}");
        }

        return string.Join("; ", reasons);
    }
}
