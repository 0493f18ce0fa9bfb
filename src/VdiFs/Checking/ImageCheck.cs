using VdiFs.Formats;
using VdiFs.Formats.Reading;

namespace VdiFs.Checking;

/// <summary>Judges one image: its structure, that of its parents, and its content. Prints what is wrong.</summary>
/// <param name="options">How strictly.</param>
/// <param name="all">Whether to go on after the first lie.</param>
/// <param name="output">Receives a line per fault.</param>
internal sealed class ImageCheck(CheckOptions options, bool all, TextWriter output)
{
    // Whoever reads more has learned enough, and a file that is all wrong would print for ever.
    private const int MaxFaults = 1000;

    /// <summary>Faults that were printed.</summary>
    public int Faults { get; private set; }

    /// <summary>Whether the work of other programs passes.</summary>
    public bool AcceptsForeign => options.AcceptForeign;

    private bool IsEnough => Faults >= (all ? MaxFaults : 1);

    /// <summary>Opens an image; null, and a fault, when it cannot be read at all.</summary>
    /// <param name="open">Opens it.</param>
    public ImageReader? Open(Func<ImageReader> open)
    {
        try
        {
            return open();
        }
        catch (ImageFormatException exception)
        {
            Print(exception.Message);
            return null;
        }
    }

    /// <summary>Gives a delta that does not name its parent the one that it is read on top of; false, and a fault,
    /// when it is not the one.</summary>
    public bool SetParent(ImageReader image, IImageBytes parent)
    {
        try
        {
            image.SetParent(ImageReaders.Open(parent));
            return true;
        }
        catch (ImageFormatException exception)
        {
            Print(exception.Message);
            return false;
        }
    }

    /// <summary>Checks the structure of an image and of its parents. False when that is enough.</summary>
    public bool CheckStructure(ImageReader image)
    {
        IEnumerable<ImageFault> OfChain()
        {
            for (ImageReader? current = image; current is not null; current = current.Parent)
            {
                foreach (ImageFault fault in current.Check(options))
                {
                    yield return fault;
                }
            }
        }

        return PrintAll(OfChain());
    }

    /// <summary>Checks an archive of a machine's disks.</summary>
    /// <param name="file">The archive.</param>
    /// <param name="format">What <see cref="ArchiveCheck.FormatOf"/> said.</param>
    public void CheckArchive(IImageBytes file, string format) => PrintAll(ArchiveCheck.Run(file, format, options));

    /// <summary>Compares the content of an image with a disk.</summary>
    /// <param name="fileName">The image's name.</param>
    /// <param name="image">The disk in the image.</param>
    /// <param name="disk">What it should be.</param>
    /// <param name="report">Told how many bytes are compared.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task CompareAsync(
        string fileName,
        IComparedDisk image,
        IComparedDisk disk,
        Action<long> report,
        CancellationToken cancellationToken)
    {
        var comparison = new ContentComparison(image, disk, report);
        if (comparison.LengthDifference is { } length)
        {
            Print($"{fileName}: {length}");
            if (IsEnough)
            {
                return;
            }
        }

        try
        {
            await foreach (ContentDifference difference in comparison.RunAsync(cancellationToken))
            {
                Print($"{fileName}: {difference}");
                if (IsEnough)
                {
                    return;
                }
            }
        }
        catch (ImageFormatException exception)
        {
            Print(exception.Message);
        }
    }

    /// <summary>False when that is enough.</summary>
    private bool PrintAll(IEnumerable<ImageFault> faults)
    {
        try
        {
            foreach (ImageFault fault in faults)
            {
                Print(fault.ToString());
                if (IsEnough)
                {
                    return false;
                }
            }

            return true;
        }
        catch (ImageFormatException exception)
        {
            Print(exception.Message);
            return all && !IsEnough;
        }
    }

    private void Print(string fault)
    {
        Faults++;
        output.WriteLine(fault);
        if (all && Faults == MaxFaults)
        {
            output.WriteLine($"more than {MaxFaults - 1} faults: stopped here");
        }
    }
}
