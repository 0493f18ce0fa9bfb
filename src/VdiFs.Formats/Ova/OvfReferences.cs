using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace VdiFs.Formats.Ova;

/// <summary>The files that a descriptor names, and the disks in them.</summary>
/// <param name="Files">Names and lengths in bytes, in the descriptor's order.</param>
/// <param name="Capacities">The length of the disk in each file that is a disk's, in bytes, by the file's name.</param>
internal sealed record OvfReferences(
    IReadOnlyList<(string Name, long Length)> Files, IReadOnlyDictionary<string, long> Capacities)
{
    private static readonly XNamespace Ovf = "http://schemas.dmtf.org/ovf/envelope/1";

    /// <exception cref="ImageFormatException">It is no descriptor.</exception>
    internal static OvfReferences Parse(string text)
    {
        try
        {
            XElement envelope = XDocument.Parse(text).Root!;
            Dictionary<string, string> names = [];
            List<(string Name, long Length)> files = [];
            foreach (XElement file in envelope.Elements(Ovf + "References").Elements(Ovf + "File"))
            {
                string name = Text(file, "href");
                names[Text(file, "id")] = name;
                files.Add((name, Number(file, "size")));
            }

            Dictionary<string, long> capacities = [];
            foreach (XElement disk in envelope.Elements(Ovf + "DiskSection").Elements(Ovf + "Disk"))
            {
                capacities[names.GetValueOrDefault(Text(disk, "fileRef"), "")] = Number(disk, "capacity");
            }

            return new OvfReferences(files, capacities);
        }
        catch (XmlException error)
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.Malformed, $"The descriptor is no XML: {error.Message}");
        }
    }

    private static string Text(XElement element, string attribute) =>
        element.Attribute(Ovf + attribute)?.Value
        ?? throw new ImageFormatException(
            ImageFormatErrorKind.Malformed,
            $"The descriptor's {element.Name.LocalName} has no attribute {attribute}.");

    private static long Number(XElement element, string attribute) =>
        long.TryParse(Text(element, attribute), NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw new ImageFormatException(
                ImageFormatErrorKind.Malformed,
                $"The descriptor's {element.Name.LocalName} has {attribute} \"{Text(element, attribute)}\", no number.");
}
