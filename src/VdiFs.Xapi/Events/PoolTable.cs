using System.Collections.Immutable;
using System.Text.Json;
using VdiFs.Xapi.Model;
using VdiFs.Xapi.Model.Reading;

namespace VdiFs.Xapi.Events;

/// <summary>One class of objects and its records while they are being changed.</summary>
internal sealed class PoolTable<T>(
    string className, ImmutableDictionary<OpaqueRef, T> start, Func<OpaqueRef, RecordFields, T> read) : IPoolTable
    where T : class
{
    private readonly ImmutableDictionary<OpaqueRef, T>.Builder _records = start.ToBuilder();

    public string WireName { get; } = className.ToLowerInvariant();

    public int Count => _records.Count;

    /// <summary>What it has now; the very object it began with when nothing changed.</summary>
    public ImmutableDictionary<OpaqueRef, T> Result => _records.ToImmutable();

    public void Put(OpaqueRef self, RecordFields fields)
    {
        if (fields.Text("uuid").Length == 0)
        {
            throw new JsonException("it has no uuid");
        }

        _records[self] = read(self, fields);
    }

    public void Remove(OpaqueRef self) => _records.Remove(self);
}
