using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace VdiFs.Pool.Rpc;

/// <summary>XML-RPC requests.</summary>
internal static class XmlRpcReader
{
    /// <summary>Reads a request.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static (string Method, IReadOnlyList<RpcValue> Arguments) Read(byte[] body)
    {
        try
        {
            using var reader = XmlReader.Create(
                new MemoryStream(body), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
            XElement call = XDocument.Load(reader, LoadOptions.PreserveWhitespace).Root!;
            string method = call.Element("methodName")?.Value ?? throw new FormatException("no method");
            IEnumerable<XElement> parameters = call.Element("params")?.Elements("param") ?? [];
            return (method.Trim(), [.. parameters.Select(parameter => Value(Child(parameter, "value")))]);
        }
        catch (XmlException wrong)
        {
            throw new FormatException(wrong.Message, wrong);
        }
    }

    private static RpcValue Value(XElement value)
    {
        XElement? typed = value.Elements().FirstOrDefault();
        return typed?.Name.LocalName switch
        {
            null => RpcValue.Of(value.Value),
            "string" or "dateTime.iso8601" => RpcValue.Of(typed.Value),
            "int" or "i4" => RpcValue.Of(long.Parse(typed.Value, CultureInfo.InvariantCulture)),
            "double" => RpcValue.Of(double.Parse(typed.Value, CultureInfo.InvariantCulture)),
            "boolean" => RpcValue.Of(typed.Value.Trim() == "1"),
            "nil" => RpcValue.Void,
            "array" => RpcValue.Of(Child(typed, "data").Elements("value").Select(Value)),
            "struct" => RpcValue.Of(typed.Elements("member").Select(member =>
                KeyValuePair.Create(Child(member, "name").Value, Value(Child(member, "value"))))),
            string other => throw new FormatException($"a value of type {other}"),
        };
    }

    private static XElement Child(XElement parent, string name) =>
        parent.Element(name) ?? throw new FormatException($"no {name} in {parent.Name.LocalName}");
}
