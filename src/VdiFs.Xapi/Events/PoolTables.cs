using System.Collections.Immutable;
using System.Text.Json;
using VdiFs.Xapi.Model;
using VdiFs.Xapi.Model.Reading;

namespace VdiFs.Xapi.Events;

/// <summary>A <see cref="PoolDatabase"/> while events are applied to it. Not thread-safe.</summary>
internal sealed class PoolTables
{
    private readonly PoolDatabase _start;
    private readonly TextPool _texts;
    private readonly Action<string, string> _onBadRecord;
    private readonly PoolTable<PoolRecord> _pools;
    private readonly PoolTable<HostRecord> _hosts;
    private readonly PoolTable<HostMetricsRecord> _hostMetrics;
    private readonly PoolTable<NetworkRecord> _networks;
    private readonly PoolTable<PifRecord> _pifs;
    private readonly PoolTable<SrRecord> _srs;
    private readonly PoolTable<PbdRecord> _pbds;
    private readonly PoolTable<VdiRecord> _vdis;
    private readonly PoolTable<VmRecord> _vms;
    private readonly PoolTable<VbdRecord> _vbds;
    private readonly PoolTable<CertificateRecord> _certificates;
    private readonly PoolTable<TaskRecord> _tasks;
    private readonly Dictionary<string, IPoolTable> _byName;

    /// <summary>Tables to change.</summary>
    /// <param name="start">What they begin with.</param>
    /// <param name="texts">Shares equal texts.</param>
    /// <param name="onBadRecord">Told the class and the reason of a record that cannot be read.</param>
    public PoolTables(PoolDatabase start, TextPool texts, Action<string, string> onBadRecord)
    {
        _start = start;
        _texts = texts;
        _onBadRecord = onBadRecord;
        _pools = new("pool", OnlyOne(start.Pool), RecordReaders.Pool);
        _hosts = new("host", start.Hosts, RecordReaders.Host);
        _hostMetrics = new("host_metrics", start.HostMetrics, RecordReaders.HostMetrics);
        _networks = new("network", start.Networks, RecordReaders.Network);
        _pifs = new("PIF", start.Pifs, RecordReaders.Pif);
        _srs = new("SR", start.Srs, RecordReaders.Sr);
        _pbds = new("PBD", start.Pbds, RecordReaders.Pbd);
        _vdis = new("VDI", start.Vdis, RecordReaders.Vdi);
        _vms = new("VM", start.Vms, RecordReaders.Vm);
        _vbds = new("VBD", start.Vbds, RecordReaders.Vbd);
        _certificates = new("Certificate", start.Certificates, RecordReaders.Certificate);
        _tasks = new("task", start.Tasks, RecordReaders.Task);
        IPoolTable[] all =
        [
            _pools, _hosts, _hostMetrics, _networks, _pifs, _srs, _pbds, _vdis, _vms, _vbds, _certificates, _tasks,
        ];
        _byName = all.ToDictionary(table => table.WireName, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The classes to subscribe to.</summary>
    public IEnumerable<string> Classes => _byName.Keys;

    /// <summary>Applies one event; one of a class or kind that is not known does nothing.</summary>
    public void Apply(JsonElement happened)
    {
        if (happened.ValueKind != JsonValueKind.Object
            || !_byName.TryGetValue(TextOf(happened, "class"), out IPoolTable? table))
        {
            return;
        }

        OpaqueRef self = new(_texts.Share(TextOf(happened, "ref")));
        if (TextOf(happened, "operation") == "del")
        {
            table.Remove(self);
        }
        else if (happened.TryGetProperty("snapshot", out JsonElement record))
        {
            Put(table, self, record);
        }
    }

    /// <summary>By how many objects the pool has more than these tables, by class; only where it differs.</summary>
    public IReadOnlyDictionary<string, int> Missing(IReadOnlyDictionary<string, int> counted) => _byName.Values
        .Where(table => counted.TryGetValue(table.WireName, out int count) && count != table.Count)
        .ToDictionary(table => table.WireName, table => counted[table.WireName] - table.Count);

    /// <summary>What there is now; the very object it began with when nothing changed.</summary>
    public PoolDatabase Result()
    {
        ImmutableDictionary<OpaqueRef, PoolRecord> pools = _pools.Result;
        PoolDatabase result = _start with
        {
            Pool = pools.Values.FirstOrDefault(),
            Hosts = _hosts.Result,
            HostMetrics = _hostMetrics.Result,
            Networks = _networks.Result,
            Pifs = _pifs.Result,
            Srs = _srs.Result,
            Pbds = _pbds.Result,
            Vdis = _vdis.Result,
            Vms = _vms.Result,
            Vbds = _vbds.Result,
            Certificates = _certificates.Result,
            Tasks = _tasks.Result,
        };
        return result.Equals(_start) ? _start : result;
    }

    private static ImmutableDictionary<OpaqueRef, PoolRecord> OnlyOne(PoolRecord? pool) => pool is null
        ? ImmutableDictionary<OpaqueRef, PoolRecord>.Empty
        : ImmutableDictionary<OpaqueRef, PoolRecord>.Empty.Add(pool.Ref, pool);

    private static string TextOf(JsonElement happened, string name) => new RecordFields(happened).Text(name);

    private void Put(IPoolTable table, OpaqueRef self, JsonElement record)
    {
        try
        {
            if (record.ValueKind != JsonValueKind.Object || self.IsNull)
            {
                throw new JsonException("it is no record, or has no reference");
            }

            table.Put(self, new RecordFields(record, _texts));
        }
        catch (Exception cause) when (cause is JsonException or InvalidOperationException)
        {
            // What it was before is no longer true, so nothing is kept of it.
            table.Remove(self);
            _onBadRecord(table.WireName, cause.Message);
        }
    }
}
