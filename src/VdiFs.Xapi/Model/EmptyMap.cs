using System.Collections.ObjectModel;

namespace VdiFs.Xapi.Model;

/// <summary>The map of a record that has none.</summary>
internal static class EmptyMap
{
    public static IReadOnlyDictionary<string, string> Instance { get; } = ReadOnlyDictionary<string, string>.Empty;
}
