namespace VdiFs.Formats.Reading;

/// <summary>A field of a record, for comparing one that was found with one that should be there.</summary>
/// <param name="Offset">Where it starts in the record.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Name">Its name in the specification.</param>
internal readonly record struct RecordField(int Offset, int Length, string Name)
{
    /// <summary>Every field that differs, in the order of the table; bytes of no field are "reserved".</summary>
    /// <param name="file">Where the record was found.</param>
    /// <param name="fileOffset">Its place there.</param>
    /// <param name="record">Its name: "footer".</param>
    /// <param name="fields">In ascending order, without overlap.</param>
    /// <param name="expected">What should be there.</param>
    /// <param name="found">What is there; as long.</param>
    internal static IEnumerable<ImageFault> Compare(
        IImageBytes file, long fileOffset, string record, RecordField[] fields, byte[] expected, byte[] found)
    {
        int end = 0;
        foreach (RecordField field in fields.Append(new RecordField(expected.Length, 0, "")))
        {
            RecordField reserved = new(end, field.Offset - end, "reserved");
            foreach (RecordField part in new[] { reserved, field })
            {
                Range range = part.Offset..(part.Offset + part.Length);
                int same = expected.AsSpan(range).CommonPrefixLength(found.AsSpan(range));
                if (same < part.Length)
                {
                    // Reserved space is long: the byte says enough.
                    Range shown = part == reserved ? (part.Offset + same)..(part.Offset + same + 1) : range;
                    yield return new ImageFault(
                        file.Name,
                        fileOffset + shown.Start.Value,
                        $"{record}, {part.Name}",
                        "0x" + Convert.ToHexStringLower(expected[shown]),
                        "0x" + Convert.ToHexStringLower(found[shown]));
                }
            }

            end = field.Offset + field.Length;
        }
    }
}
