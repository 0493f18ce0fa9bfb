using System.Globalization;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Rpc;

/// <summary>The arguments of a call after its session, read with XAPI's tolerance.</summary>
/// <param name="state">The pool.</param>
/// <param name="session">Who calls; null for the few methods without a session.</param>
/// <param name="host">The host that was asked.</param>
/// <param name="values">The arguments.</param>
public sealed class RpcArguments(
    PoolState state, SessionObject? session, HostObject host, IReadOnlyList<RpcValue> values)
{
    /// <summary>Who calls.</summary>
    public SessionObject Session => session ?? throw new InvalidOperationException("this method has no session");

    /// <summary>The host that was asked.</summary>
    public HostObject Host => host;

    /// <summary>How many there are.</summary>
    public int Count => values.Count;

    /// <summary>A text or reference.</summary>
    public string Text(int index) =>
        values[index].Kind == RpcKind.Text ? values[index].Text : throw WrongType(index);

    /// <summary>A number; also as a decimal string.</summary>
    public long Int(int index) => values[index] switch
    {
        { Kind: RpcKind.Int } number => number.Int,
        { Kind: RpcKind.Text } text when long.TryParse(text.Text, CultureInfo.InvariantCulture, out long number) =>
            number,
        _ => throw WrongType(index),
    };

    /// <summary>A floating-point number; also without a point.</summary>
    public double Float(int index) => values[index] switch
    {
        { Kind: RpcKind.Float } number => number.Float,
        _ => Int(index),
    };

    /// <summary>A truth.</summary>
    public bool Bool(int index) =>
        values[index].Kind == RpcKind.Bool ? values[index].Bool : throw WrongType(index);

    /// <summary>A set of texts.</summary>
    public string[] Texts(int index) => values[index].Kind == RpcKind.Array
        ? [.. values[index].Items.Select(item => item.Kind == RpcKind.Text ? item.Text : throw WrongType(index))]
        : throw WrongType(index);

    /// <summary>A map of texts.</summary>
    public KeyValuePair<string, string>[] Map(int index) => values[index].Kind == RpcKind.Map
        ? [.. values[index].Members.Select(pair => KeyValuePair.Create(pair.Key, TextOf(pair.Value, index)))]
        : throw WrongType(index);

    /// <summary>A record.</summary>
    public RpcValue Record(int index) =>
        values[index].Kind == RpcKind.Map ? values[index] : throw WrongType(index);

    /// <summary>The object that a reference names.</summary>
    public T Object<T>(int index)
        where T : XapiObject => state.Get<T>(Text(index));

    private static string TextOf(RpcValue value, int index) =>
        value.Kind == RpcKind.Text ? value.Text : throw WrongType(index);

    private static XapiFailureException WrongType(int index) =>
        new("FIELD_TYPE_ERROR", $"argument {index.ToString(CultureInfo.InvariantCulture)}");
}
