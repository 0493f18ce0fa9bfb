using System.Text;
using VdiFs.Formats.Reading;
using VdiFs.Formats.Tar;

namespace VdiFs.Formats.Ova;

/// <summary>
/// Checks an appliance: its members' names, order and lengths against the descriptor, headers and padding, and each
/// disk's image as such a file is checked alone.
/// </summary>
public sealed class OvaChecker
{
    private const string DescriptorEnding = ".ovf";
    private const string DiskEnding = ".vmdk";

    // Ours has a few hundred bytes for each of at most 60 disks.
    private const int MaxDescriptorBytes = 1024 * 1024;

    private readonly IImageBytes _file;
    private readonly CheckOptions _options;
    private readonly TarWalk _tar;

    private OvaChecker(IImageBytes file, CheckOptions options)
    {
        _file = file;
        _options = options;
        _tar = new TarWalk(file, options.AcceptForeign);
    }

    /// <summary>Whether a file starts as an appliance does.</summary>
    public static bool IsOva(IImageBytes file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return new TarWalk(file, acceptForeign: true).Read(out _) is { } member
            && member.Name.EndsWith(DescriptorEnding, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Everything that is wrong, in the order of the file; found out as the result is walked through.
    /// </summary>
    /// <param name="file">The archive; not owned.</param>
    /// <param name="options">Foreign appliances may have other files beside the disks, such as a manifest.</param>
    public static IEnumerable<ImageFault> Check(IImageBytes file, CheckOptions options)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(options);
        return new OvaChecker(file, options).Faults();
    }

    private IEnumerable<ImageFault> Faults()
    {
        if (_tar.Read(out ImageFault? fault) is not { } descriptor)
        {
            return [fault!];
        }

        try
        {
            OvfReferences references = ReadDescriptor(descriptor);
            return OwnHeader(descriptor, descriptor.Time)
                .Concat(Behind(descriptor, "descriptor"))
                .Concat(Members(references, descriptor.Time));
        }
        catch (ImageFormatException error)
        {
            return [Fault(descriptor.Offset, "descriptor", "one of an appliance", error.Message)];
        }
    }

    private OvfReferences ReadDescriptor(TarMember member)
    {
        if (member.Length > MaxDescriptorBytes)
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.Malformed,
                $"The descriptor has {member.Length} bytes; at most {MaxDescriptorBytes} are read.");
        }

        byte[] text = new byte[member.Length];
        _file.Read(member.Offset, text);
        return OvfReferences.Parse(Encoding.UTF8.GetString(text));
    }

    private IEnumerable<ImageFault> Members(OvfReferences references, long time)
    {
        Queue<(string Name, long Length)> expected = new(references.Files);
        while (!_tar.IsAtEnd())
        {
            if (_tar.Read(out ImageFault? fault) is not { } member)
            {
                yield return fault!;
                yield break;
            }

            foreach (ImageFault each in OneMember(member, expected, references, time))
            {
                yield return each;
            }
        }

        if (expected.TryPeek(out (string Name, long Length) missing))
        {
            yield return Fault(_tar.Offset, "member", $"\"{missing.Name}\" of {missing.Length} bytes", "the end");
        }

        foreach (ImageFault each in _tar.CheckEnd())
        {
            yield return each;
        }
    }

    private IEnumerable<ImageFault> OneMember(
        TarMember member, Queue<(string Name, long Length)> expected, OvfReferences references, long time)
    {
        bool isReferred = expected.TryPeek(out (string Name, long Length) next) && next.Name == member.Name;
        if (isReferred)
        {
            expected.Dequeue();
        }
        else if (!_options.AcceptForeign)
        {
            yield return Fault(member.HeaderOffset, "member", next.Name ?? "the end", member.Name);
        }

        if (isReferred && member.Length != next.Length)
        {
            yield return Fault(
                member.HeaderOffset, $"{member.Name}, length", $"the descriptor's {next.Length}", $"{member.Length}");
        }

        IEnumerable<ImageFault> rest = OwnHeader(member, time);
        if (member.Name.EndsWith(DiskEnding, StringComparison.OrdinalIgnoreCase))
        {
            rest = rest.Concat(Disk(member, references));
        }

        foreach (ImageFault fault in rest.Concat(Behind(member, member.Name)))
        {
            yield return fault;
        }
    }

    private IEnumerable<ImageFault> Disk(TarMember member, OvfReferences references)
    {
        ImageReader image;
        try
        {
            image = ImageReaders.Open(new MemberBytes(_file, member));
        }
        catch (ImageFormatException error)
        {
            return [Fault(member.Offset, member.Name, "an image", error.Message)];
        }

        long capacity = references.Capacities.GetValueOrDefault(member.Name, -1);
        IEnumerable<ImageFault> faults = image.Check(_options);
        return capacity == image.DiskLength || _options.AcceptForeign
            ? faults
            : faults.Prepend(Fault(
                member.Offset, $"{member.Name}, disk", $"the descriptor's {capacity} bytes", $"{image.DiskLength}"));
    }

    private IEnumerable<ImageFault> OwnHeader(TarMember member, long time)
    {
        if (_tar.CompareHeader(
            member,
            header => new TarHeader(Encoding.ASCII.GetBytes(member.Name), member.Length, time).Write(header)) is { } fault)
        {
            yield return fault;
        }
    }

    // Walked through last: it moves on to the next member.
    private IEnumerable<ImageFault> Behind(TarMember member, string what)
    {
        if (_tar.Pass(member, what) is { } fault)
        {
            yield return fault;
        }
    }

    private ImageFault Fault(long fileOffset, string what, string expected, string found) =>
        new(_file.Name, fileOffset, what, expected, found);
}
