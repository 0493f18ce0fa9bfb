using System.Globalization;
using System.Xml.Linq;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Rpc;

/// <summary>XML-RPC answers as xapi writes them: numbers are texts, results come wrapped in a status.</summary>
internal static class XmlRpcWriter
{
    public static XDocument Success(RpcValue result) => Response(
        Member("Status", new XElement("value", "Success")),
        Member("Value", Value(result)));

    public static XDocument Failure(XapiFailureException failure) => Response(
        Member("Status", new XElement("value", "Failure")),
        Member("ErrorDescription", Value(RpcValue.Of(failure.ErrorInfo))));

    public static XElement Value(RpcValue value) => new("value", value.Kind switch
    {
        RpcKind.Void => "",
        RpcKind.Text => value.Text,
        RpcKind.Int => value.Int.ToString(CultureInfo.InvariantCulture),
        RpcKind.Float => new XElement("double", Float(value.Float)),
        RpcKind.Bool => new XElement("boolean", value.Bool ? "1" : "0"),
        RpcKind.Time => new XElement("dateTime.iso8601", value.Time),
        RpcKind.Array => new XElement("array", new XElement("data", value.Items.Select(Value))),
        _ => new XElement("struct", value.Members.Select(member => Member(member.Key, Value(member.Value)))),
    });

    /// <summary>A floating-point number, always with a point.</summary>
    public static string Float(double number)
    {
        string text = number.ToString("R", CultureInfo.InvariantCulture);
        return double.IsFinite(number) && !text.AsSpan().ContainsAny('.', 'E') ? text + ".0" : text;
    }

    private static XDocument Response(params XElement[] members) => new(
        new XElement("methodResponse",
            new XElement("params",
                new XElement("param",
                    new XElement("value",
                        new XElement("struct", members.Cast<object>().ToArray()))))));

    private static XElement Member(string name, XElement value) => new("member", new XElement("name", name), value);
}
