using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace VdiFs.Diagnostics;

/// <summary>Writes the documents as JSON without reflection.</summary>
[JsonSerializable(typeof(DiskInformationDocument))]
[JsonSerializable(typeof(StatusDocument))]
internal sealed partial class DocumentJson : JsonSerializerContext
{
    /// <summary>For people as well as programs: indented, and no character escaped that JSON allows; the files are no
    /// part of a web page.</summary>
    public static DocumentJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        NewLine = "\n",
    });
}
