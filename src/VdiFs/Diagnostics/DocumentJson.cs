using System.Text.Json.Serialization;

namespace VdiFs.Diagnostics;

/// <summary>Writes the documents as JSON without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(DiskInformationDocument))]
[JsonSerializable(typeof(StatusDocument))]
internal sealed partial class DocumentJson : JsonSerializerContext;
