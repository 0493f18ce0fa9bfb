using System.Text.Json;
using VdiFs.Xapi.Model;
using VdiFs.Xapi.Model.Reading;

namespace VdiFs.Xapi.Events;

/// <summary>One class of objects while it is being changed.</summary>
internal interface IPoolTable
{
    /// <summary>The class as events write it: in lower case.</summary>
    string WireName { get; }

    /// <summary>How many objects it has.</summary>
    int Count { get; }

    /// <summary>Adds or replaces an object.</summary>
    /// <exception cref="InvalidOperationException">A text is no UTF-8.</exception>
    /// <exception cref="JsonException">It has no uuid.</exception>
    void Put(OpaqueRef self, RecordFields fields);

    /// <summary>Forgets an object; nothing when there is none.</summary>
    void Remove(OpaqueRef self);
}
