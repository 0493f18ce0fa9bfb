using System.Buffers.Binary;
using System.Numerics;
using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Handshake;

/// <summary>Collects what the replies to INFO and GO say, and turns it into an <see cref="NbdExport"/>.</summary>
internal sealed class ExportInfo
{
    /// <summary>Assumed when nothing is advertised (proto.md, "Size constraints").</summary>
    private const int DefaultMinimum = 512;

    private const int DefaultPreferred = 4096;

    private ExportSize? _size;
    private BlockSizes? _blockSizes;
    private string? _canonicalName;
    private string? _description;

    /// <summary>Whether the one indispensable part, NBD_INFO_EXPORT, has come.</summary>
    public bool HasSize => _size is not null;

    /// <summary>Takes size and flags from the answer to NBD_OPT_EXPORT_NAME.</summary>
    public void SetSize(ExportSize size) => _size = size;

    /// <summary>Takes one NBD_REP_INFO; unknown kinds are skipped.</summary>
    public void Add(OptionReply reply)
    {
        ReadOnlySpan<byte> data = reply.Data.Span;
        if (data.Length < 2)
        {
            throw reply.Unexpected();
        }

        ReadOnlySpan<byte> body = data[2..];
        switch ((NbdInfo)BinaryPrimitives.ReadUInt16BigEndian(data))
        {
            case NbdInfo.Export when body.Length == ExportSize.Size:
                SetOnce(ref _size, ExportSize.Read(body));
                break;
            case NbdInfo.BlockSize when body.Length == BlockSizes.Size:
                SetOnce(ref _blockSizes, BlockSizes.Read(body));
                break;
            case NbdInfo.Name when ServerText.TryDecode(body, out string name):
                SetOnce(ref _canonicalName, name);
                break;
            case NbdInfo.Description when ServerText.TryDecode(body, out string description):
                SetOnce(ref _description, description);
                break;
            case NbdInfo.Export or NbdInfo.BlockSize or NbdInfo.Name or NbdInfo.Description:
                throw reply.Unexpected();
        }
    }

    /// <summary>Checks everything and builds the export; <see cref="HasSize"/> must be true.</summary>
    public NbdExport Build(ExportName name, bool hasStructuredReplies, bool hasBaseAllocation)
    {
        ExportSize size = _size!.Value;
        if (size.Length > long.MaxValue)
        {
            throw NbdException.Protocol($"the export has {size.Length} bytes; the limit is {long.MaxValue}");
        }

        // Without HAS_FLAGS the other bits mean nothing (proto.md, "Transmission flags").
        bool hasFlags = (size.Flags & NbdTransmissionFlags.HasFlags) != 0;
        (int minimum, int preferred, int maximum) = _blockSizes is { } advertised
            ? Check(advertised)
            : Default((long)size.Length);
        return new NbdExport
        {
            Name = name.Shown,
            CanonicalName = _canonicalName is null ? null : name.Hide(_canonicalName),
            Description = string.IsNullOrEmpty(_description) ? null : name.Hide(_description),
            Length = (long)size.Length,
            TransmissionFlags = hasFlags ? size.Flags : NbdTransmissionFlags.None,
            MinimumBlockSize = minimum,
            PreferredBlockSize = preferred,
            MaximumPayload = maximum,
            HasStructuredReplies = hasStructuredReplies,
            HasBaseAllocation = hasBaseAllocation,
        };
    }

    /// <summary>
    /// Checks everything, and keeps what can be told of an export that is not open; <see cref="HasSize"/> must be true.
    /// </summary>
    public NbdListedExport Describe(ExportName name)
    {
        NbdExport export = Build(name, hasStructuredReplies: false, hasBaseAllocation: false);
        return new NbdListedExport(export.Name, export.Description, export.Length);
    }

    /// <summary>A server may say a thing twice, but not two things: neither could be trusted.</summary>
    private static void SetOnce<T>(ref T? field, T value)
    {
        if (field is not null && !field.Equals(value))
        {
            throw NbdException.Protocol(
                $"it described the export as {ServerText.Shown($"{field}")} first, "
                + $"and as {ServerText.Shown($"{value}")} later");
        }

        field = value;
    }

    private static (int Minimum, int Preferred, int Maximum) Default(long length)
    {
        // A server that advertises nothing takes single bytes; only then can an odd tail be reached at all.
        int minimum = length % DefaultMinimum == 0 ? DefaultMinimum : 1;
        return (minimum, DefaultPreferred, NbdLimits.ReadBytes);
    }

    private static (int Minimum, int Preferred, int Maximum) Check(BlockSizes sizes)
    {
        if (!BitOperations.IsPow2(sizes.Minimum) || sizes.Minimum > NbdLimits.MinimumBlockBytes)
        {
            throw NbdException.Protocol(
                $"the minimum block size is {sizes.Minimum}; "
                + $"expected a power of two up to {NbdLimits.MinimumBlockBytes}");
        }

        if (!BitOperations.IsPow2(sizes.Preferred)
            || sizes.Preferred < sizes.Minimum
            || sizes.Preferred > NbdLimits.ReadBytes)
        {
            throw NbdException.Protocol(
                $"the preferred block size is {sizes.Preferred}; "
                + $"expected a power of two from {sizes.Minimum} to {NbdLimits.ReadBytes}");
        }

        if (sizes.Maximum < sizes.Minimum || (sizes.Maximum != uint.MaxValue && sizes.Maximum % sizes.Minimum != 0))
        {
            throw NbdException.Protocol(
                $"the maximum payload is {sizes.Maximum}; "
                + $"expected a multiple of the minimum block size {sizes.Minimum}");
        }

        return ((int)sizes.Minimum, (int)sizes.Preferred, (int)Math.Min(sizes.Maximum, NbdLimits.ReadBytes));
    }
}
