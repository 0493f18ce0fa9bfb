using System.Text.Json;
using VdiFs.Xapi.Model;

namespace VdiFs.Xapi.Rpc;

/// <summary>
/// An argument of a call. Strings, references, numbers and booleans convert to it by themselves. No record: an argument
/// may be a secret.
/// </summary>
public readonly struct XapiValue
{
    private readonly Action<Utf8JsonWriter> _write;

    private XapiValue(Action<Utf8JsonWriter> write) => _write = write;

    /// <summary>A string or enum.</summary>
    public static implicit operator XapiValue(string text) => new(writer => writer.WriteStringValue(text));

    /// <summary>A reference.</summary>
    public static implicit operator XapiValue(OpaqueRef reference) => reference.ToString();

    /// <summary>An int.</summary>
    public static implicit operator XapiValue(long number) => new(writer => writer.WriteNumberValue(number));

    /// <summary>A float; written with a fraction, which old versions insist on.</summary>
    public static implicit operator XapiValue(double number) => new(writer => WriteFloat(writer, number));

    /// <summary>A boolean.</summary>
    public static implicit operator XapiValue(bool flag) => new(writer => writer.WriteBooleanValue(flag));

    /// <summary>A set.</summary>
    public static XapiValue Set(IEnumerable<string> texts) => new(writer =>
    {
        writer.WriteStartArray();
        foreach (string text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    });

    /// <summary>A map of strings.</summary>
    public static XapiValue Map(IReadOnlyDictionary<string, string> map) => new(writer =>
    {
        writer.WriteStartObject();
        foreach ((string key, string value) in map)
        {
            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
    });

    internal void Write(Utf8JsonWriter writer) => _write(writer);

    private static void WriteFloat(Utf8JsonWriter writer, double number)
    {
        string text = number.ToString("R", null);
        bool isWhole = !text.AsSpan().ContainsAny('.', 'E');
        writer.WriteRawValue(isWhole ? text + ".0" : text);
    }
}
