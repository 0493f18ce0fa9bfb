using System.Globalization;

namespace VdiFs.Pool.Rpc;

/// <summary>One value of XAPI's wire, the same for JSON-RPC and XML-RPC.</summary>
public sealed class RpcValue
{
    private readonly object? _value;

    private RpcValue(RpcKind kind, object? value)
    {
        Kind = kind;
        _value = value;
    }

    /// <summary>Nothing.</summary>
    public static RpcValue Void { get; } = new(RpcKind.Void, null);

    /// <summary>What it is.</summary>
    public RpcKind Kind { get; }

    /// <summary>The text of a text.</summary>
    public string Text => (string)Get(RpcKind.Text);

    /// <summary>The number of a number.</summary>
    public long Int => (long)Get(RpcKind.Int);

    /// <summary>The number of a floating-point number.</summary>
    public double Float => (double)Get(RpcKind.Float);

    /// <summary>The truth of a truth.</summary>
    public bool Bool => (bool)Get(RpcKind.Bool);

    /// <summary>The time of a time, as XAPI writes it.</summary>
    public string Time => ((DateTimeOffset)Get(RpcKind.Time)).UtcDateTime
        .ToString("yyyyMMdd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>The members of a set.</summary>
    public IReadOnlyList<RpcValue> Items => (IReadOnlyList<RpcValue>)Get(RpcKind.Array);

    /// <summary>The members of a map or record, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, RpcValue>> Members =>
        (IReadOnlyList<KeyValuePair<string, RpcValue>>)Get(RpcKind.Map);

    /// <summary>A text.</summary>
    public static RpcValue Of(string text) => new(RpcKind.Text, text);

    /// <summary>A number.</summary>
    public static RpcValue Of(long number) => new(RpcKind.Int, number);

    /// <summary>A floating-point number.</summary>
    public static RpcValue Of(double number) => new(RpcKind.Float, number);

    /// <summary>A truth.</summary>
    public static RpcValue Of(bool truth) => new(RpcKind.Bool, truth);

    /// <summary>A time.</summary>
    public static RpcValue Of(DateTimeOffset time) => new(RpcKind.Time, time);

    /// <summary>A set.</summary>
    public static RpcValue Of(IEnumerable<RpcValue> items) => new(RpcKind.Array, items.ToArray());

    /// <summary>A set of texts.</summary>
    public static RpcValue Of(IEnumerable<string> items) => Of(items.Select(Of));

    /// <summary>A map of texts.</summary>
    public static RpcValue Of(IEnumerable<KeyValuePair<string, string>> map) =>
        Of(map.Select(pair => KeyValuePair.Create(pair.Key, Of(pair.Value))));

    /// <summary>A record.</summary>
    public static RpcValue Of(IEnumerable<KeyValuePair<string, RpcValue>> members) =>
        new(RpcKind.Map, members.ToArray());

    /// <summary>A record.</summary>
    public static RpcValue Record(params IEnumerable<(string Name, RpcValue Value)> members) =>
        Of(members.Select(member => KeyValuePair.Create(member.Name, member.Value)));

    /// <summary>The member of that name, null when there is none.</summary>
    public RpcValue? Member(string name)
    {
        foreach (KeyValuePair<string, RpcValue> member in Members)
        {
            if (member.Key == name)
            {
                return member.Value;
            }
        }

        return null;
    }

    private object Get(RpcKind kind) => Kind == kind
        ? _value!
        : throw new InvalidOperationException($"this value is {Kind}, not {kind}");
}
