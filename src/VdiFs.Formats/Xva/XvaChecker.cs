using System.Text;
using VdiFs.Formats.Reading;
using VdiFs.Formats.Tar;

namespace VdiFs.Formats.Xva;

/// <summary>
/// Checks an XVA: the names of its members and their order, the length and the hash of every chunk, the padding and the
/// end. Reads the whole file once, front to back. What only ova.xml knows, such as the disks' lengths, is not looked
/// at; neither are archives of xapi before the XXH64 hashes, which the message says.
/// </summary>
public sealed class XvaChecker
{
    private readonly IImageBytes _file;
    private readonly bool _acceptForeign;
    private readonly byte[] _content = new byte[XvaChunk.Bytes];

    private long _offset;
    private long _time;

    // The chunk before.
    private string _reference = "";
    private long _number;
    private bool _wasShort;

    private XvaChecker(IImageBytes file, bool acceptForeign)
    {
        _file = file;
        _acceptForeign = acceptForeign;
    }

    /// <summary>Whether a file starts as an XVA does.</summary>
    public static bool IsXva(IImageBytes file)
    {
        ArgumentNullException.ThrowIfNull(file);
        XvaChecker checker = new(file, acceptForeign: true);
        return checker.ReadHeader(out _) is { } member
            && member.Name == Encoding.ASCII.GetString(XvaLayout.MachineName);
    }

    /// <summary>Everything that is wrong, in the order of the file; found out as the result is walked through.
    /// </summary>
    /// <param name="file">The archive; not owned.</param>
    /// <param name="options">Foreign archives may have other owners, times and more zeros at the end.</param>
    public static IEnumerable<ImageFault> Check(IImageBytes file, CheckOptions options)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(options);
        return new XvaChecker(file, options.AcceptForeign).Faults();
    }

    private IEnumerable<ImageFault> Faults()
    {
        if (ReadHeader(out ImageFault? fault) is not { } machine)
        {
            yield return fault!;
            yield break;
        }

        _time = machine.Time;
        if (machine.Name != Encoding.ASCII.GetString(XvaLayout.MachineName))
        {
            yield return Fault(0, "first member, name", Encoding.ASCII.GetString(XvaLayout.MachineName), machine.Name);
        }

        if (OwnHeader(0, header => new TarHeader(XvaLayout.MachineName, machine.Length, _time).Write(header))
            is { } foreign)
        {
            yield return foreign;
        }

        if (Skip(machine.Length, "ova.xml") is { } padding)
        {
            yield return padding;
        }

        while (!IsAtEnd())
        {
            List<ImageFault> ofChunk = [];
            bool goesOn = CheckChunk(ofChunk);
            foreach (ImageFault each in ofChunk)
            {
                yield return each;
            }

            if (!goesOn)
            {
                yield break;
            }
        }

        foreach (ImageFault each in End())
        {
            yield return each;
        }
    }

    /// <summary>A chunk and its hash; false when nothing behind can be understood.</summary>
    private bool CheckChunk(List<ImageFault> faults)
    {
        long start = _offset;
        if (ReadHeader(out ImageFault? fault) is not { } member)
        {
            faults.Add(fault!);
            return false;
        }

        if (XvaChunk.Parse(Encoding.ASCII.GetBytes(member.Name)) is not { } chunk
            || member.Length is 0 or > XvaChunk.Bytes)
        {
            faults.Add(Fault(
                start,
                "member",
                "a chunk of at most 1 MiB, named by a reference and eight digits",
                $"\"{member.Name}\" of {member.Length} bytes"));
            return false;
        }

        CheckOrder(start, chunk.Reference, chunk.Number, faults);
        _wasShort = member.Length < XvaChunk.Bytes;
        byte[] reference = Encoding.ASCII.GetBytes(chunk.Reference);
        AddIf(faults, OwnHeader(start, header => XvaChunk.WriteHeader(
            reference, chunk.Number, isHash: false, (int)member.Length, _time, header)));
        Span<byte> content = _content.AsSpan(0, (int)member.Length);
        _file.Read(_offset, content);
        Span<byte> right = stackalloc byte[XvaChunk.HashBytes];
        XvaChunk.WriteHash(content, right);
        AddIf(faults, Skip(member.Length, "chunk"));
        return CheckHash(member.Name, reference, chunk.Number, Encoding.ASCII.GetString(right), faults);
    }

    private bool CheckHash(string chunkName, byte[] reference, long number, string right, List<ImageFault> faults)
    {
        long start = _offset;
        if (ReadHeader(out ImageFault? fault) is not { } member)
        {
            faults.Add(fault!);
            return false;
        }

        string name = chunkName + Encoding.ASCII.GetString(XvaChunk.HashSuffix);
        if (member.Name != name || member.Length != XvaChunk.HashBytes)
        {
            faults.Add(Fault(
                start,
                "member",
                $"\"{name}\" of {XvaChunk.HashBytes} bytes",
                $"\"{member.Name}\" of {member.Length} bytes"));
            return false;
        }

        AddIf(faults, OwnHeader(start, header => XvaChunk.WriteHeader(
            reference, number, isHash: true, XvaChunk.HashBytes, _time, header)));
        byte[] found = new byte[XvaChunk.HashBytes];
        _file.Read(_offset, found);
        string digits = Encoding.ASCII.GetString(found);
        if (digits != right)
        {
            faults.Add(Fault(_offset, $"XXH64 of {chunkName}", right, digits));
        }

        AddIf(faults, Skip(member.Length, "hash"));
        return true;
    }

    private void CheckOrder(long start, string reference, long number, List<ImageFault> faults)
    {
        int order = string.CompareOrdinal(_reference, reference);
        if (order > 0)
        {
            faults.Add(Fault(start, "disk", $"one that comes behind {_reference}", reference));
        }
        else if (order < 0 && number != 0)
        {
            faults.Add(Fault(start, $"first chunk of {reference}", "number 0", $"{number}"));
        }
        else if (order == 0 && (number <= _number || _wasShort))
        {
            faults.Add(Fault(
                start,
                $"chunk of {reference}",
                _wasShort ? "no more, since the one before is short" : $"one behind {_number}",
                $"{number}"));
        }

        (_reference, _number) = (reference, number);
    }

    private bool IsAtEnd()
    {
        if (_file.Length - _offset < TarHeader.Size)
        {
            return true;
        }

        Span<byte> first = stackalloc byte[1];
        _file.Read(_offset, first);
        return first[0] == 0;
    }

    private IEnumerable<ImageFault> End()
    {
        long left = _file.Length - _offset;
        if (left < TarHeader.EndBytes || (left > TarHeader.EndBytes && !_acceptForeign))
        {
            yield return Fault(_offset, "end of the archive", $"{TarHeader.EndBytes} zeros", $"{left} bytes");
        }

        if (FixedBytes.Find(_file, _offset, left, 0, "end of the archive") is { } fault)
        {
            yield return fault;
        }
    }

    /// <summary>Reads the header at the place where we are, and goes behind it; null when there is none.</summary>
    private (string Name, long Length, long Time)? ReadHeader(out ImageFault? fault)
    {
        fault = null;
        if (_file.Length - _offset < TarHeader.Size)
        {
            fault = Fault(_offset, "tar header", $"{TarHeader.Size} bytes", $"{_file.Length - _offset} bytes");
            return null;
        }

        Span<byte> bytes = stackalloc byte[TarHeader.Size];
        _file.Read(_offset, bytes);
        try
        {
            TarHeader header = TarHeader.Read(bytes);
            long left = _file.Length - _offset - TarHeader.Size;
            if (header.Length > left || TarHeader.PaddedLength(header.Length) > left)
            {
                fault = Fault(_offset, "member", $"at most {left} bytes", $"{header.Length} bytes");
                return null;
            }

            _offset += TarHeader.Size;
            return (Encoding.ASCII.GetString(header.Name), header.Length, header.ModificationTime);
        }
        catch (ImageFormatException error)
        {
            fault = Fault(_offset, "tar header", "a valid one", error.Message);
            return null;
        }
    }

    /// <summary>Goes behind a member's bytes and their padding, which must be zeros.</summary>
    private ImageFault? Skip(long length, string what)
    {
        long padding = TarHeader.PaddedLength(length) - length;
        ImageFault? fault = FixedBytes.Find(_file, _offset + length, padding, 0, $"padding behind the {what}");
        _offset += length + padding;
        return fault;
    }

    /// <summary>Whether a header is what this product writes.</summary>
    private ImageFault? OwnHeader(long start, SpanWriter write)
    {
        if (_acceptForeign)
        {
            return null;
        }

        Span<byte> found = stackalloc byte[TarHeader.Size];
        Span<byte> right = stackalloc byte[TarHeader.Size];
        _file.Read(start, found);
        write(right);
        int same = right.CommonPrefixLength(found);
        return same < TarHeader.Size
            ? Fault(start + same, "tar header", $"0x{right[same]:x2}", $"0x{found[same]:x2}")
            : null;
    }

    private static void AddIf(List<ImageFault> faults, ImageFault? fault)
    {
        if (fault is not null)
        {
            faults.Add(fault);
        }
    }

    private ImageFault Fault(long fileOffset, string what, string expected, string found) =>
        new(_file.Name, fileOffset, what, expected, found);

    private delegate void SpanWriter(Span<byte> destination);
}
