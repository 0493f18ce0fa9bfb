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
    private readonly TarWalk _tar;
    private readonly byte[] _content = new byte[XvaChunk.Bytes];

    private long _time;

    // The chunk before.
    private string _reference = "";
    private long _number;
    private bool _wasShort;

    private XvaChecker(IImageBytes file, bool acceptForeign)
    {
        _file = file;
        _tar = new TarWalk(file, acceptForeign);
    }

    private static string MachineName => Encoding.ASCII.GetString(XvaLayout.MachineName);

    /// <summary>Whether a file starts as an XVA does.</summary>
    public static bool IsXva(IImageBytes file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return new TarWalk(file, acceptForeign: true).Read(out _) is { } member && member.Name == MachineName;
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
        List<ImageFault> faults = [];
        bool goesOn = CheckMachine(faults);
        foreach (ImageFault fault in faults)
        {
            yield return fault;
        }

        while (goesOn && !_tar.IsAtEnd())
        {
            List<ImageFault> ofChunk = [];
            goesOn = CheckChunk(ofChunk);
            foreach (ImageFault fault in ofChunk)
            {
                yield return fault;
            }
        }

        if (goesOn)
        {
            foreach (ImageFault fault in _tar.CheckEnd())
            {
                yield return fault;
            }
        }
    }

    private bool CheckMachine(List<ImageFault> faults)
    {
        if (_tar.Read(out ImageFault? fault) is not { } machine)
        {
            faults.Add(fault!);
            return false;
        }

        _time = machine.Time;
        if (machine.Name != MachineName)
        {
            faults.Add(Fault(0, "first member, name", MachineName, machine.Name));
        }

        AddIf(faults, _tar.CompareHeader(
            machine, header => new TarHeader(XvaLayout.MachineName, machine.Length, _time).Write(header)));
        AddIf(faults, _tar.Pass(machine, MachineName));
        return true;
    }

    /// <summary>A chunk and its hash; false when nothing behind can be understood.</summary>
    private bool CheckChunk(List<ImageFault> faults)
    {
        if (_tar.Read(out ImageFault? fault) is not { } member)
        {
            faults.Add(fault!);
            return false;
        }

        if (XvaChunk.Parse(Encoding.ASCII.GetBytes(member.Name)) is not { } chunk
            || member.Length is 0 or > XvaChunk.Bytes)
        {
            faults.Add(Fault(
                member.HeaderOffset,
                "member",
                "a chunk of at most 1 MiB, named by a reference and eight digits",
                $"\"{member.Name}\" of {member.Length} bytes"));
            return false;
        }

        CheckOrder(member.HeaderOffset, chunk.Reference, chunk.Number, faults);
        _wasShort = member.Length < XvaChunk.Bytes;
        byte[] reference = Encoding.ASCII.GetBytes(chunk.Reference);
        AddIf(faults, _tar.CompareHeader(member, header => XvaChunk.WriteHeader(
            reference, chunk.Number, isHash: false, (int)member.Length, _time, header)));
        Span<byte> content = _content.AsSpan(0, (int)member.Length);
        _file.Read(member.Offset, content);
        Span<byte> right = stackalloc byte[XvaChunk.HashBytes];
        XvaChunk.WriteHash(content, right);
        AddIf(faults, _tar.Pass(member, "chunk"));
        return CheckHash(member.Name, reference, chunk.Number, Encoding.ASCII.GetString(right), faults);
    }

    private bool CheckHash(string chunkName, byte[] reference, long number, string right, List<ImageFault> faults)
    {
        if (_tar.Read(out ImageFault? fault) is not { } member)
        {
            faults.Add(fault!);
            return false;
        }

        string name = chunkName + Encoding.ASCII.GetString(XvaChunk.HashSuffix);
        if (member.Name != name || member.Length != XvaChunk.HashBytes)
        {
            faults.Add(Fault(
                member.HeaderOffset,
                "member",
                $"\"{name}\" of {XvaChunk.HashBytes} bytes",
                $"\"{member.Name}\" of {member.Length} bytes"));
            return false;
        }

        AddIf(faults, _tar.CompareHeader(member, header => XvaChunk.WriteHeader(
            reference, number, isHash: true, XvaChunk.HashBytes, _time, header)));
        byte[] found = new byte[XvaChunk.HashBytes];
        _file.Read(member.Offset, found);
        string digits = Encoding.ASCII.GetString(found);
        if (digits != right)
        {
            faults.Add(Fault(member.Offset, $"XXH64 of {chunkName}", right, digits));
        }

        AddIf(faults, _tar.Pass(member, "hash"));
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

    private static void AddIf(List<ImageFault> faults, ImageFault? fault)
    {
        if (fault is not null)
        {
            faults.Add(fault);
        }
    }

    private ImageFault Fault(long fileOffset, string what, string expected, string found) =>
        new(_file.Name, fileOffset, what, expected, found);
}
