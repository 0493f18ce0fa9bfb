using System.Globalization;
using System.Text.Json;

namespace VdiFs.Xapi.Model.Reading;

/// <summary>
/// The fields of one record as XAPI sent it. Versions of XAPI differ: a field that is missing or of another type reads
/// as the default of its type.
/// </summary>
/// <param name="element">An object; must live as long as this.</param>
/// <param name="pool">Shares equal texts among records.</param>
internal readonly struct RecordFields(JsonElement element, TextPool? pool = null)
{
    public string Text(string name) => Find(name, JsonValueKind.String) is { } found ? Shared(found.GetString()!) : "";

    public OpaqueRef Ref(string name) => new(Text(name));

    public bool Flag(string name) => Find(name, JsonValueKind.True) is not null || Text(name) == "true";

    /// <summary>An int: a JSON number, or the decimal string of XML-RPC.</summary>
    public long Number(string name)
    {
        if (Find(name, JsonValueKind.Number) is { } number)
        {
            return number.TryGetInt64(out long value) ? value : 0;
        }

        return long.TryParse(Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long parsed)
            ? parsed
            : 0;
    }

    /// <summary>A float; what XAPI wrote as bare Infinity or NaN has become a string.</summary>
    public double Real(string name)
    {
        if (Find(name, JsonValueKind.Number) is { } number)
        {
            return number.TryGetDouble(out double value) ? value : 0;
        }

        return double.TryParse(Text(name), NumberStyles.Float, CultureInfo.InvariantCulture, out double parsed)
            ? parsed
            : 0;
    }

    public DateTimeOffset Time(string name) => XapiTime.Parse(Text(name));

    public IReadOnlyList<string> Texts(string name)
    {
        if (Find(name, JsonValueKind.Array) is not { } array)
        {
            return [];
        }

        List<string> texts = new(array.GetArrayLength());
        foreach (JsonElement item in array.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.String)
            {
                texts.Add(Shared(item.GetString()!));
            }
        }

        return texts;
    }

    public IReadOnlyList<OpaqueRef> Refs(string name) => [.. Texts(name).Select(text => new OpaqueRef(text))];

    /// <summary>A map of strings; a value that is none is kept as it was written.</summary>
    public IReadOnlyDictionary<string, string> Map(string name)
    {
        if (Find(name, JsonValueKind.Object) is not { } map)
        {
            return EmptyMap.Instance;
        }

        Dictionary<string, string> texts = [];
        foreach (JsonProperty entry in map.EnumerateObject())
        {
            texts[Shared(entry.Name)] = entry.Value.ValueKind == JsonValueKind.String
                ? Shared(entry.Value.GetString()!)
                : entry.Value.GetRawText();
        }

        return texts.Count == 0 ? EmptyMap.Instance : texts;
    }

    private JsonElement? Find(string name, JsonValueKind kind) =>
        element.TryGetProperty(name, out JsonElement found) && found.ValueKind == kind ? found : null;

    private string Shared(string text) => pool is null ? text : pool.Share(text);
}
