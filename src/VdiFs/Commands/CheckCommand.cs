using System.CommandLine;
using Microsoft.Extensions.Logging;
using VdiFs.Checking;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Sources;
using VdiFs.Formats.Reading;
using VdiFs.Options;
using VdiFs.Tree;

namespace VdiFs.Commands;

/// <summary>`vdifs check FILE`: whether an image is whole, and equal to a disk.</summary>
internal sealed class CheckCommand
{
    private const string AnyFormat = "any";
    private const string RawFormat = "raw";

    // A session is logged out and a private qemu-nbd ended in a fraction of it.
    private static readonly TimeSpan TimeToLeave = TimeSpan.FromSeconds(3);

    private static readonly string[] Formats = [AnyFormat, RawFormat, .. ImageReaders.Names];

    private readonly Argument<string> _file = OptionFactory.Path(
        "FILE",
        "An image: VHD, VMDK, QCOW2, VHDX, VDI, its parents beside it; an archive: OVA, XVA; an alias of Xen Orchestra or "
        + "the directory that it names");

    private readonly Option<string?> _against = OptionFactory.Valued<string?>(
        "--against", "DISK-OR-FILE",
        "Compare the content as well: with another image or raw file, or with a disk (nbd://..., xapi://...)",
        null, ValueReaders.Text, "a source or a file");

    private readonly Option<string?> _disk = OptionFactory.Valued<string?>(
        "--disk", "NAME", "Which disk of --against, as 'vdifs ls' names it; needed where there are several",
        null, ValueReaders.Text, "a disk's name");

    private readonly Option<string?> _parent = OptionFactory.Valued<string?>(
        "--parent", "FILE", "The parent of a VDI delta, which does not say in which file that is",
        null, ValueReaders.Text, "a file");

    private readonly Option<bool> _all = OptionFactory.Flag("--all", "List all faults, up to 1000, not only the first");

    private readonly Option<bool> _acceptForeign = OptionFactory.Flag(
        "--accept-foreign",
        "Accept what the format's specification allows, though VdiFs would not write it: images of other programs");

    private readonly Option<string> _format = OptionFactory.Valued(
        "--format", "FORMAT", "What FILE is, whatever it looks like; raw: the disk itself",
        AnyFormat, ReadFormat, string.Join(", ", Formats));

    private readonly SourceOptionTable _source = new();

    private CheckCommand()
    {
    }

    public static Command Create()
    {
        var table = new CheckCommand();
        var command = new Command("check", "Check an image file: is it whole, and equal to that disk?");
        command.Arguments.Add(table._file);
        Option[] options =
            [table._against, table._disk, table._parent, table._all, table._acceptForeign, table._format];
        foreach (Option option in options)
        {
            command.Options.Add(option);
        }

        table._source.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            using var signals = new StopSignals();
            return await WaitAsync(Task.Run(() => table.RunAsync(result, signals.Stopping)), signals.Stopping);
        });
        return command;
    }

    /// <summary>Waits for a check; when it is to stop, no longer than it takes to close its sources.</summary>
    private static async Task<int> WaitAsync(Task<int> check, CancellationToken stopping)
    {
        try
        {
            return await check.WaitAsync(stopping);
        }
        catch (OperationCanceledException) when (!check.IsCompleted)
        {
            // A read of a file may hang, as one of a mount whose server is silent.
            await Task.WhenAny(check, Task.Delay(TimeToLeave, CancellationToken.None));
            throw;
        }
    }

    private static bool ReadFormat(string text, out string value)
    {
        value = text;
        return Formats.Contains(text);
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
    {
        string path = result.GetRequiredValue(_file);
        string? against = result.GetValue(_against);
        if (against is null && result.GetValue(_disk) is not null)
        {
            throw new UsageException("--disk says which disk of --against, which is not given");
        }

        var options = new CheckOptions(result.GetValue(_acceptForeign), TimeProvider.System.GetUtcNow());
        var check = new ImageCheck(options, result.GetValue(_all), Console.Out);
        string format = result.GetRequiredValue(_format);
        if (Directory.Exists(path))
        {
            using var directory = new LocalDirectory(path, cancellationToken);
            return await CheckImageAsync(
                check, directory.Name, () => ImageReaders.OpenDirectory(directory), result, cancellationToken);
        }

        using LocalImage file = LocalImage.Open(path, cancellationToken);
        return format == AnyFormat && ArchiveCheck.FormatOf(file) is { } archive
            ? CheckArchive(check, file, archive, against)
            : await CheckImageAsync(check, file.Name, () => Open(file, format), result, cancellationToken);
    }

    private static ImageReader Open(IImageBytes file, string format) => format switch
    {
        AnyFormat => ImageReaders.Open(file),
        RawFormat => ImageReaders.OpenRaw(file),
        _ => ImageReaders.OpenAs(file, format),
    };

    private async Task<int> CheckImageAsync(
        ImageCheck check,
        string fileName,
        Func<ImageReader> open,
        ParseResult result,
        CancellationToken cancellationToken)
    {
        string? against = result.GetValue(_against);
        if (check.Open(open) is not { } image)
        {
            Console.Error.WriteLine(
                "vdifs: this cannot be read as an image; --format says what it is, raw for a disk as it is");
            return ExitCode.Failed;
        }

        string? parentPath = result.GetValue(_parent);
        using LocalImage? parent = parentPath is null ? null : LocalImage.Open(parentPath, cancellationToken);
        if (parent is not null && !check.SetParent(image, parent))
        {
            return ExitCode.Failed;
        }

        bool goesOn = check.CheckStructure(image);
        TellOfForeign(check);
        if (goesOn && against is not null)
        {
            await CompareAsync(check, image, fileName, against, result, cancellationToken);
        }

        if (check.Faults > 0)
        {
            return ExitCode.Failed;
        }

        string equal = against is null ? "" : $", equal to {against}";
        Console.Out.WriteLine($"{fileName}: a whole {image.FormatName} image of {image.DiskLength} bytes{equal}");
        return ExitCode.Ok;
    }

    private static int CheckArchive(ImageCheck check, LocalImage file, string format, string? against)
    {
        if (against is not null)
        {
            throw new UsageException(
                "--against compares one disk, and an archive may hold several: take it apart with tar, check its images");
        }

        check.CheckArchive(file, format);
        TellOfForeign(check);
        if (check.Faults > 0)
        {
            return ExitCode.Failed;
        }

        Console.Out.WriteLine($"{file.Name}: a whole {format} archive");
        return ExitCode.Ok;
    }

    private static void TellOfForeign(ImageCheck check)
    {
        if (check is { Faults: > 0, AcceptsForeign: false })
        {
            Console.Error.WriteLine(
                "vdifs: checked as VdiFs writes it; for the work of another program give --accept-foreign");
        }
    }

    private async Task CompareAsync(
        ImageCheck check,
        ImageReader image,
        string fileName,
        string against,
        ParseResult result,
        CancellationToken cancellationToken)
    {
        Task CompareWithAsync(IComparedDisk disk) => CheckProgress.RunAsync(
            image.DiskLength,
            report => check.CompareAsync(fileName, new ImageDisk(image), disk, report, cancellationToken));

        if (!IsSource(against))
        {
            using LocalImage other = LocalImage.Open(against, cancellationToken);
            await CompareWithAsync(new ImageDisk(ImageReaders.OpenOrRaw(other)));
            return;
        }

        using ILoggerFactory logs = _source.CreateLogs(result);
        using var cache = new BlockCache(BlockCache.MinimumCapacityBytes);
        await using IDiskCatalog catalog = await DiskSources.LoadAsync(
            against, _source.Read(result, against), logs.CreateLogger("vdifs.disks"), cancellationToken);
        DiskEntry entry = Find(catalog, against, result.GetValue(_disk));
        OpenDisk opened = await entry.OpenAsync(cache, cancellationToken);
        using var source = new SourceDisk(opened, entry.Usage);
        await CompareWithAsync(source);
    }

    private static bool IsSource(string against) =>
        against.Contains("://", StringComparison.Ordinal) || against.StartsWith("file:", StringComparison.Ordinal);

    /// <exception cref="UsageException">There is none of that name, or there are several and none is named.</exception>
    private static DiskEntry Find(IDiskCatalog catalog, string source, string? name)
    {
        var tree = new MountTree(catalog.Root, FormatSelection.Default.Formats, TimeProvider.System.GetUtcNow());
        IReadOnlyList<(string Path, DiskEntry Disk)> disks = tree.FindDisks();
        if (name is null)
        {
            return disks.Count == 1
                ? disks[0].Disk
                : throw new UsageException($"{source} has {disks.Count} disks: name one with --disk, as vdifs ls does");
        }

        return disks.FirstOrDefault(disk => disk.Path == name).Disk
            ?? throw new UsageException($"{source} has no disk {name}: vdifs ls lists what it has");
    }
}
