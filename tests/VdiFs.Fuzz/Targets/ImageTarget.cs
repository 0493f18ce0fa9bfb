using VdiFs.Formats;
using VdiFs.Formats.Reading;
using VdiFs.Fuzz.Images;

namespace VdiFs.Fuzz.Targets;

/// <summary>
/// Image files of any format, which anyone may have made: they are opened, checked both ways and read, or refused,
/// with bounded reads and memory.
/// </summary>
internal static class ImageTarget
{
    // As a user's terminal has; a hostile table has a fault in each entry.
    private const int MaxFaults = 200;

    private const int MaxPieces = 64;
    private const int MaxPieceBytes = 1024 * 1024;

    // What the tables' windows and the counters of clusters take, and for each byte read a few for what is said of it.
    private const long FixedMemory = 256L * 1024 * 1024;
    private const int MemoryPerByteRead = 4;

    private static readonly Lazy<Dictionary<string, byte[]>> _directory = new(Directory);

    public static void Execute(byte[] input)
    {
        ReadBudget budget = new();
        byte[] file = SparseImage.Parse(input);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Read(new SparseImage("image", file, name => OpenSibling(name, file, budget), budget));
        long taken = GC.GetAllocatedBytesForCurrentThread() - before;
        if (taken > FixedMemory + MemoryPerByteRead * budget.Taken)
        {
            throw new FuzzFailureException($"{taken} bytes are allocated, and {budget.Taken} read");
        }
    }

    public static IReadOnlyList<byte[][]> Seeds() => [.. SeedImages.All().Select(SparseImage.Describe)];

    private static void Read(IImageBytes file)
    {
        try
        {
            ImageReader image = ImageReaders.Open(file);
            foreach (bool acceptForeign in (bool[])[false, true])
            {
                foreach (ImageFault fault in image.Check(new CheckOptions(acceptForeign)).Take(MaxFaults))
                {
                    if (fault.What.Length == 0)
                    {
                        throw new FuzzFailureException("a fault of nothing");
                    }
                }
            }

            ReadDisk(image);
        }
        catch (ImageFormatException error) when (error.Message.Length > 0)
        {
            // Refused, with the reason.
        }
    }

    private static void ReadDisk(ImageReader image)
    {
        byte[] buffer = new byte[MaxPieceBytes];
        long offset = 0;
        for (int pieces = 0; pieces < MaxPieces && offset < image.DiskLength; pieces++)
        {
            ImagePiece piece = image.Locate(offset, image.DiskLength - offset);
            if (piece.Length <= 0 || piece.Length > image.DiskLength - offset)
            {
                throw new FuzzFailureException($"a piece of {piece.Length} bytes at {offset} of {image.DiskLength}");
            }

            if (piece.Kind == PieceKind.Stored)
            {
                image.ReadStored(offset, buffer.AsSpan(0, (int)Math.Min(buffer.Length, piece.Length)));
            }

            offset += piece.Length;
        }
    }

    /// <summary>The image itself by its own name, so that chains may be circles; else a good one.</summary>
    private static SparseImage? OpenSibling(string name, byte[] image, ReadBudget budget)
    {
        byte[]? content = name == "image" ? image : _directory.Value.GetValueOrDefault(name);
        return content is null
            ? null
            : new SparseImage(name, content, sibling => OpenSibling(sibling, image, budget), budget);
    }

    private static Dictionary<string, byte[]> Directory() =>
        ImageFormats.All.ToDictionary(SeedImages.ParentNameOf, SeedImages.Full);
}
