using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vmdk;

/// <summary>Reads VMDKs in one sparse file, stored or compressed, and flat ones, also those of other writers.</summary>
internal sealed class VmdkReader : ImageReader
{
    private readonly VmdkContent _content;

    private VmdkReader(IImageBytes file, VmdkDescriptor descriptor, VmdkContent content, int chainLength)
        : base(file)
    {
        Descriptor = descriptor;
        _content = content;
        if (HasParent(descriptor))
        {
            // Paths of the machine where the image was made mean nothing here.
            string hint = descriptor.ParentFileName!;
            Parent = ImageReaders.OpenParent(file, hint[(hint.AsSpan().LastIndexOfAny('/', '\\') + 1)..], chainLength);
        }
    }

    /// <inheritdoc/>
    public override string FormatName => _content switch
    {
        VmdkFlatContent => VmdkFlatFormat.FormatName,
        VmdkGrainContent { IsCompressed: true } => "stream.vmdk",
        _ => "vmdk",
    };

    /// <inheritdoc/>
    public override long DiskLength => _content.DiskLength;

    /// <inheritdoc/>
    public override ImageReader? Parent { get; }

    /// <summary>What the image says of itself.</summary>
    internal VmdkDescriptor Descriptor { get; }

    /// <summary>Null for a file that has no sign of a VMDK.</summary>
    /// <exception cref="ImageFormatException">It has one, and is too damaged to be read.</exception>
    internal static VmdkReader? TryOpen(IImageBytes file, int chainLength)
    {
        if (VmdkDescriptorText.IsDescriptor(file))
        {
            string text = VmdkDescriptorText.Read(file, 0, file.Length);
            VmdkDescriptor descriptor = VmdkDescriptorText.Parse(file, 0, text);
            return descriptor.Extent.Type == VmdkExtent.SparseType || HasParent(descriptor)
                ? throw new ImageFault(
                    file.Name, 0, "descriptor, extents", "a flat extent without a parent", descriptor.Extent.Type)
                    .Exception()
                : new VmdkReader(file, descriptor, new VmdkFlatContent(file, descriptor.Extent), chainLength);
        }

        if (file.Length < VmdkSparseHeader.Size)
        {
            return null;
        }

        byte[] bytes = new byte[VmdkSparseHeader.Size];
        file.Read(0, bytes);
        return VmdkSparseHeader.IsOne(bytes) ? OpenGrains(file, VmdkSparseHeader.Read(bytes), chainLength) : null;
    }

    /// <inheritdoc/>
    public override ImagePiece Locate(long diskOffset, long maxLength) => _content.Locate(diskOffset, maxLength);

    /// <inheritdoc/>
    public override void ReadStored(long diskOffset, Span<byte> destination) =>
        _content.ReadStored(diskOffset, destination);

    /// <inheritdoc/>
    public override IEnumerable<ImageFault> Check(CheckOptions options)
    {
        IEnumerable<ImageFault> faults = (_content, options.AcceptForeign) switch
        {
            (VmdkGrainContent grains, true) => new VmdkForeignCheck(File, Descriptor, grains).Run(),
            (VmdkGrainContent grains, false) => new VmdkGrainCheck(File, Descriptor, grains, Parent).Run(),
            (VmdkFlatContent flat, false) => VmdkFlatCheck.Run(File, Descriptor, flat),
            _ => [],
        };
        return ParentFaults().Concat(faults);
    }

    private static VmdkReader OpenGrains(IImageBytes file, VmdkSparseHeader header, int chainLength)
    {
        long limit = file.Length / Sector.Bytes;
        if (header.DescriptorOffset == 0
            || header.DescriptorOffset > (ulong)limit
            || header.DescriptorSize > (ulong)limit)
        {
            throw new ImageFault(
                file.Name, 0, "header, descriptorOffset", "a descriptor in the file",
                $"{header.DescriptorSize} sectors at sector {header.DescriptorOffset}").Exception();
        }

        long offset = (long)header.DescriptorOffset * Sector.Bytes;
        string text = VmdkDescriptorText.Read(file, offset, (long)header.DescriptorSize * Sector.Bytes);
        VmdkDescriptor descriptor = VmdkDescriptorText.Parse(file, offset, text);
        return new VmdkReader(
            file, descriptor, new VmdkGrainContent(file, header, HasParent(descriptor)), chainLength);
    }

    private static bool HasParent(VmdkDescriptor descriptor) =>
        descriptor.ParentContentId != VmdkDescriptor.NoParent;

    /// <summary>Whether the parent is the one that is meant.</summary>
    private IEnumerable<ImageFault> ParentFaults()
    {
        if (Parent is null)
        {
            yield break;
        }

        // Only what is in grains has a parent.
        long offset = (long)((VmdkGrainContent)_content).Front.DescriptorOffset * Sector.Bytes;

        string found = $"{Descriptor.ParentContentId:x8}";
        if (Parent is not VmdkReader parent)
        {
            yield return new ImageFault(
                File.Name, offset, "descriptor, parent", "a VMDK", $"a {Parent.FormatName} image");
        }
        else if (parent.Descriptor.ContentId != Descriptor.ParentContentId)
        {
            yield return new ImageFault(
                File.Name, offset, "descriptor, parentCID", $"{parent.Descriptor.ContentId:x8}", found);
        }

        if (Parent.DiskLength != DiskLength)
        {
            yield return new ImageFault(
                File.Name, offset, "length of the disk", $"the parent's {Parent.DiskLength} bytes", $"{DiskLength}");
        }
    }
}
