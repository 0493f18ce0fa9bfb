using VdiFs.Formats;
using VdiFs.Formats.Reading;
using VdiFs.Tests.Formats.Reading;

namespace VdiFs.Tests.Formats;

/// <summary>An image in memory that is damaged and judged again and again.</summary>
internal sealed class MutatedImage
{
    private readonly byte[] _disk;
    private readonly byte[] _damaged;
    private readonly Dictionary<string, byte[]> _directory;

    private readonly string _fileName;

    internal MutatedImage(ImageLayout layout, string fileName, TestDisk disk, Dictionary<string, byte[]> directory)
    {
        _fileName = fileName;
        Layout = layout;
        Good = LayoutReader.ReadAll(layout, disk);
        _damaged = [.. Good];
        _disk = Images.Padded(disk);
        _directory = directory;
    }

    /// <summary>Where its bytes come from.</summary>
    internal ImageLayout Layout { get; }

    /// <summary>Its bytes.</summary>
    internal byte[] Good { get; }

    /// <summary>What is wrong with the undamaged image; null for nothing.</summary>
    internal string? FindFault() =>
        Open(Good).Check(Images.Strict).FirstOrDefault()?.ToString()
        ?? (Images.ReadDisk(Open(Good)).AsSpan().SequenceEqual(_disk) ? null : "another disk");

    /// <summary>Damages the image and looks who sees it. Errors of other kinds than a reader's come out.</summary>
    internal MutationVerdict Judge(ImageMutation mutation)
    {
        byte[] file = _damaged;
        if (mutation.Length is { } length)
        {
            Array.Resize(ref file, length);
        }

        foreach ((int offset, byte[] bytes) in mutation.Patches)
        {
            bytes.CopyTo(file, offset);
        }

        MutationVerdict verdict = Judge(file);
        if (mutation.Length is null)
        {
            foreach ((int offset, byte[] bytes) in mutation.Patches)
            {
                Good.AsSpan(offset, bytes.Length).CopyTo(file.AsSpan(offset));
            }
        }

        return verdict;
    }

    private ImageReader Open(byte[] file)
    {
        ImageReader reader = ImageReaders.Open(new MemoryImage(_fileName, file, _directory));
        if (reader.NeedsParent)
        {
            // The only one there: such a file does not say its parent's name.
            reader.SetParent(ImageReaders.Open(new MemoryImage("parent", _directory!.Values.Single())));
        }

        return reader;
    }

    private MutationVerdict Judge(byte[] file)
    {
        try
        {
            ImageReader reader = Open(file);
            if (reader.Check(Images.Strict).Any())
            {
                return MutationVerdict.FoundByCheck;
            }

            return reader.DiskLength == _disk.Length && Images.ReadDisk(reader).AsSpan().SequenceEqual(_disk)
                ? MutationVerdict.Nothing
                : MutationVerdict.FoundByContent;
        }
        catch (ImageFormatException)
        {
            return MutationVerdict.FoundByCheck;
        }
    }
}
