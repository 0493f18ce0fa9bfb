using System.Text;
using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Tar;

/// <summary>Goes through an archive member by member, and says what is wrong between them. Not thread-safe.</summary>
/// <param name="file">The archive; not owned.</param>
/// <param name="acceptForeign">Whether others than this product may have written it: with other owners and modes, and
/// more zeros at the end.</param>
internal sealed class TarWalk(IImageBytes file, bool acceptForeign)
{
    /// <summary>Fills a buffer of <see cref="TarHeader.Size"/> bytes.</summary>
    internal delegate void HeaderWriter(Span<byte> destination);

    /// <summary>Where the next header is expected.</summary>
    internal long Offset { get; private set; }

    /// <summary>Reads the header at the place where we are; null, and a fault, when there is none.</summary>
    internal TarMember? Read(out ImageFault? fault)
    {
        fault = null;
        long left = file.Length - Offset - TarHeader.Size;
        if (left < 0)
        {
            fault = Fault(Offset, "tar header", $"{TarHeader.Size} bytes", $"{file.Length - Offset} bytes");
            return null;
        }

        Span<byte> bytes = stackalloc byte[TarHeader.Size];
        file.Read(Offset, bytes);
        try
        {
            TarHeader header = TarHeader.Read(bytes);
            if (header.Length > left || TarHeader.PaddedLength(header.Length) > left)
            {
                fault = Fault(Offset, "member", $"at most {left} bytes", $"{header.Length} bytes");
                return null;
            }

            string name = Encoding.ASCII.GetString(header.Name);
            return new TarMember(name, Offset, Offset + TarHeader.Size, header.Length, header.ModificationTime);
        }
        catch (ImageFormatException error)
        {
            fault = Fault(Offset, "tar header", "a valid one", error.Message);
            return null;
        }
    }

    /// <summary>Goes behind a member and its padding, which must be zeros.</summary>
    internal ImageFault? Pass(TarMember member, string what)
    {
        long end = member.Offset + member.Length;
        long padding = TarHeader.PaddedLength(member.Length) - member.Length;
        Offset = end + padding;
        return FixedBytes.Find(file, end, padding, 0, $"padding behind the {what}");
    }

    /// <summary>Whether a member's header is, byte for byte, what this product writes.</summary>
    internal ImageFault? CompareHeader(TarMember member, HeaderWriter write)
    {
        if (acceptForeign)
        {
            return null;
        }

        Span<byte> found = stackalloc byte[TarHeader.Size];
        Span<byte> right = stackalloc byte[TarHeader.Size];
        file.Read(member.HeaderOffset, found);
        write(right);
        int same = right.CommonPrefixLength(found);
        return same < TarHeader.Size
            ? Fault(member.HeaderOffset + same, "tar header", $"0x{right[same]:x2}", $"0x{found[same]:x2}")
            : null;
    }

    /// <summary>Whether no member follows.</summary>
    internal bool IsAtEnd()
    {
        if (file.Length - Offset < TarHeader.Size)
        {
            return true;
        }

        Span<byte> first = stackalloc byte[1];
        file.Read(Offset, first);
        return first[0] == 0;
    }

    /// <summary>What is wrong with the end of the archive.</summary>
    internal IEnumerable<ImageFault> CheckEnd()
    {
        long left = file.Length - Offset;
        if (left < TarHeader.EndBytes || (left > TarHeader.EndBytes && !acceptForeign))
        {
            yield return Fault(Offset, "end of the archive", $"{TarHeader.EndBytes} zeros", $"{left} bytes");
        }

        if (FixedBytes.Find(file, Offset, left, 0, "end of the archive") is { } fault)
        {
            yield return fault;
        }
    }

    private ImageFault Fault(long fileOffset, string what, string expected, string found) =>
        new(file.Name, fileOffset, what, expected, found);
}
