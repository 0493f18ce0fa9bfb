using VdiFs.Formats.Qcow2;
using VdiFs.Formats.Raw;
using VdiFs.Formats.Vdi;
using VdiFs.Formats.Vhd;
using VdiFs.Formats.Vhd.Directory;
using VdiFs.Formats.Vhdx;
using VdiFs.Formats.Vmdk;

namespace VdiFs.Formats.Reading;

/// <summary>Finds out what an image file is.</summary>
public static class ImageReaders
{
    /// <summary>
    /// The longest chain: XenServer's has 30 at most, and Hyper-V's best practice is fewer. It ends loops as well.
    /// </summary>
    internal const int MaxChainLength = 64;

    private const string Vhd = "vhd";

    // Each gives null for a file that has no sign of its format.
    private static readonly Dictionary<string, Func<IImageBytes, int, ImageReader?>> Openers = new()
    {
        ["vmdk"] = VmdkReader.TryOpen,
        ["qcow2"] = Qcow2Reader.TryOpen,
        ["vdi"] = (file, _) => VdiReader.TryOpen(file),
        ["vhdx"] = VhdxReader.TryOpen,
        [VhdDirectory.FormatName] = VhdDirectoryReader.TryOpen,
        // Last, since it goes by the end of the file: any image may end with a disk's bytes that look like a footer.
        [Vhd] = VhdReader.TryOpen,
    };

    /// <summary>The names of the formats that files can be opened as.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Openers.Keys];

    /// <summary>Opens an image as one of a format, whatever else it might be.</summary>
    /// <param name="file">The file; not owned.</param>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="ImageFormatException">It is none, or too damaged to be read.</exception>
    public static ImageReader OpenAs(IImageBytes file, string name)
    {
        ArgumentNullException.ThrowIfNull(file);
        return Openers[name](file, 1)
            ?? throw new ImageFormatException(
                ImageFormatErrorKind.Malformed, $"{file.Name} has no sign of the format {name}.");
    }

    /// <summary>Opens an image that is a directory: one of Xen Orchestra's.</summary>
    /// <param name="directory">The directory; not owned.</param>
    /// <exception cref="ImageFormatException">It is none, a delta, or too damaged to be read.</exception>
    public static ImageReader OpenDirectory(IImageDirectory directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        return VhdDirectoryReader.Open(directory);
    }

    /// <summary>Opens an image of any format of the family, with its parents.</summary>
    /// <param name="file">The file; not owned.</param>
    /// <exception cref="ImageFormatException">It is of no known format, or too damaged to be read at all: the message
    /// names the offset, what was expected and what was found.</exception>
    public static ImageReader Open(IImageBytes file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return Open(file, 1)
            ?? throw new ImageFormatException(
                ImageFormatErrorKind.Malformed, $"{file.Name} is an image of no known format.");
    }

    /// <summary>Opens an image of any format of the family, with its parents; any other file as the bytes of a disk.
    /// </summary>
    /// <param name="file">The file; not owned.</param>
    /// <exception cref="ImageFormatException">It is of a known format, and too damaged to be read.</exception>
    public static ImageReader OpenOrRaw(IImageBytes file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return Open(file, 1) ?? new RawReader(file);
    }

    /// <summary>Opens a file as the bytes of a disk, whatever they look like.</summary>
    /// <param name="file">The file; not owned.</param>
    public static ImageReader OpenRaw(IImageBytes file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return new RawReader(file);
    }

    /// <summary>Opens an image that another one of the same directory is a delta of.</summary>
    /// <param name="child">Which says so.</param>
    /// <param name="name">The file's name, without a path.</param>
    /// <param name="chainLength">The child's place in the chain, as it was told to it; 1: what was opened.</param>
    /// <param name="isRaw">Whether the child says that the parent has no format.</param>
    /// <exception cref="ImageFormatException">It is not there, is no image, or the chain is too long.</exception>
    internal static ImageReader OpenParent(IImageBytes child, string name, int chainLength, bool isRaw = false)
    {
        if (chainLength >= MaxChainLength)
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.Malformed,
                $"{child.Name}: the chain of its parents is longer than {MaxChainLength} images, or has no end.");
        }

        IImageBytes file = child.OpenSibling(name)
            ?? throw new ImageFormatException(
                ImageFormatErrorKind.Malformed, $"{child.Name}: its parent \"{name}\" is not in the same directory.");
        return isRaw
            ? new RawReader(file)
            : Open(file, chainLength + 1)
                ?? throw new ImageFormatException(
                    ImageFormatErrorKind.Malformed,
                    $"{child.Name}: its parent \"{name}\" is an image of no known format.");
    }

    /// <summary>Null for a file of no known format.</summary>
    /// <exception cref="ImageFormatException">It is too damaged, or may be of two formats.</exception>
    private static ImageReader? Open(IImageBytes file, int chainLength)
    {
        bool endsAsFixedVhd = VhdRecords.EndsAsFixed(file);
        foreach ((string name, Func<IImageBytes, int, ImageReader?> open) in Openers)
        {
            try
            {
                if (open(file, chainLength) is { } reader)
                {
                    return endsAsFixedVhd && name != Vhd ? throw Ambiguous(file, name) : reader;
                }
            }
            catch (ImageFormatException) when (endsAsFixedVhd && name != Vhd)
            {
                throw Ambiguous(file, name);
            }
        }

        return null;
    }

    private static ImageFormatException Ambiguous(IImageBytes file, string name) => new(
        ImageFormatErrorKind.Malformed,
        $"{file.Name} starts as a {name} image and ends as a fixed VHD: it may be a disk that starts with such an image, "
        + $"or an image that ends with such a footer. Say which: {name} or {Vhd}.");
}
