using System.Globalization;
using System.Text.RegularExpressions;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Rpc;

/// <summary>
/// The language of get_all_records_where: <c>field "SR" = "OpaqueRef:..."</c>, and, or, not, true, false, parentheses.
/// "and" and "or" have no priority over each other.
/// </summary>
internal sealed partial class QueryExpression
{
    private readonly List<string> _tokens;
    private int _next;

    private QueryExpression(List<string> tokens) => _tokens = tokens;

    private Func<RpcValue, bool> Test { get; set; } = _ => true;

    /// <summary>Reads an expression.</summary>
    /// <exception cref="XapiFailureException">INTERNAL_ERROR: it is none.</exception>
    public static QueryExpression Parse(string text)
    {
        List<string> tokens = [.. Token().Matches(text).Select(match => match.Value)];
        string left = Token().Replace(text, "").Trim();
        var expression = new QueryExpression(tokens);
        expression.Test = expression.Any();
        return left.Length == 0 && expression._next == tokens.Count
            ? expression
            : throw new XapiFailureException("INTERNAL_ERROR", "Db_filter_parse: " + text);
    }

    /// <summary>Whether a record is as it says.</summary>
    public bool Matches(RpcValue record) => Test(record);

    [GeneratedRegex("""
        "[^"]*"|'[^']*'|[()=]|\w+
        """)]
    private static partial Regex Token();

    private Func<RpcValue, bool> Any()
    {
        Func<RpcValue, bool> left = One();
        if (Take("and"))
        {
            Func<RpcValue, bool> right = Any();
            return record => left(record) && right(record);
        }

        if (Take("or"))
        {
            Func<RpcValue, bool> right = Any();
            return record => left(record) || right(record);
        }

        return left;
    }

    private Func<RpcValue, bool> One()
    {
        if (Take("not"))
        {
            Func<RpcValue, bool> inner = One();
            return record => !inner(record);
        }

        if (Take("("))
        {
            Func<RpcValue, bool> inner = Any();
            Expect(")");
            return inner;
        }

        if (Take("true"))
        {
            return _ => true;
        }

        if (Take("false"))
        {
            return _ => false;
        }

        Func<RpcValue, string?> left = Operand();
        Expect("=");
        Func<RpcValue, string?> right = Operand();
        return record => left(record) == right(record);
    }

    private Func<RpcValue, string?> Operand()
    {
        if (Take("field"))
        {
            string name = Quoted();
            return record => record.Member(name) is { } value ? Text(value) : null;
        }

        string constant = Quoted();
        return _ => constant;
    }

    private static string Text(RpcValue value) => value.Kind switch
    {
        RpcKind.Text => value.Text,
        RpcKind.Bool => value.Bool ? "true" : "false",
        RpcKind.Int => value.Int.ToString(CultureInfo.InvariantCulture),
        RpcKind.Time => value.Time,
        _ => "",
    };

    private string Quoted()
    {
        string token = _next < _tokens.Count ? _tokens[_next++] : "";
        return token.Length >= 2 && token[0] is '"' or '\''
            ? token[1..^1]
            : throw new XapiFailureException("INTERNAL_ERROR", "Db_filter_parse: a quoted text is missing");
    }

    private bool Take(string token)
    {
        if (_next < _tokens.Count && _tokens[_next] == token)
        {
            _next++;
            return true;
        }

        return false;
    }

    private void Expect(string token)
    {
        if (!Take(token))
        {
            throw new XapiFailureException("INTERNAL_ERROR", "Db_filter_parse: missing " + token);
        }
    }
}
