using System.Globalization;
using VdiFs.Formats;
using VdiFs.Formats.Reading;
using VdiFs.Tests.Formats.Reading;
using Xunit;

namespace VdiFs.Tests.Formats;

/// <summary>
/// Damages images of every format in hundreds of generated ways. Each must be found by the check, or change the disk
/// that comes out, so that a comparison finds it; what survives both is listed with the reason why it cannot matter.
/// </summary>
public sealed class MutationTests(ITestOutputHelper output)
{
    // Of the format with the fewest structures: a fixed VHD has nothing but a footer.
    private const int Several = 200;

    private const int DiskLength = 5 * 1024 * 1024 + 512;

    private const string ParentName = "older";

    // Granules of 64 KiB: borders of pieces of every format, one piece alone, the last one, which is short.
    private static readonly TestDisk Disk = TestDisk.With(DiskLength, 0, 1, 31, 40, 80);

    /// <summary>The formats that have a reader, and whether the image is a delta.</summary>
    public static TheoryData<string, bool> Images
    {
        get
        {
            TheoryData<string, bool> data = [];
            // What is in a VHD directory is not in its alias: it has tests of its own.
            foreach (ImageFormat format in ImageFormats.All.Where(one => one.Name != "blocks" && HasReader(one)))
            {
                data.Add(format.Name, false);
                if (format.HasDeltas)
                {
                    data.Add(format.Name, true);
                }
            }

            return data;
        }
    }

    /// <summary>What may survive in a format; nothing in those that are not here.</summary>
    private static Dictionary<string, MutationExcuse[]> Survivors { get; } = new()
    {
        ["fixed.vhd"] =
        [
            MutationExcuse.At(
                "time and uuid may be anything, and the checksum, a sum, does not see two words exchanged",
                (DiskLength + 24, 4),
                (DiskLength + 68, 16)),
        ],
        ["vmdk"] = [VmdkIds, VmdkName("disk.vmdk")],
        ["stream.vmdk"] = [VmdkIds, VmdkName("disk.stream.vmdk")],
        ["flat.vmdk"] = [VmdkIds],
        ["vdi"] = [MutationExcuse.At("ids may be anything: nothing in the file says them twice", (392, 32))],
    };

    private static MutationExcuse VmdkIds => MutationExcuse.Behind(
        "ids may be anything: nothing in the file says them twice",
        ("\nCID=", 8),
        ("ddb.longContentID = \"", 32),
        ("ddb.uuid.image = \"", 36),
        ("ddb.uuid.modification = \"", 36));

    private static MutationExcuse VmdkName(string name) => MutationExcuse.Behind(
        "a renamed file is whole: only libvmdk goes by the name inside", (" SPARSE \"", name.Length));

    [Theory, MemberData(nameof(Images))]
    public void Every_mutation_is_found(string name, bool isDelta)
    {
        MutatedImage image = Create(name, isDelta);
        Assert.Null(image.FindFault());
        int structure = 0;
        int content = 0;
        Dictionary<string, int> excused = [];
        List<string> survivors = [];
        foreach (ImageMutation mutation in ImageMutation.AllOf(image))
        {
            switch (image.Judge(mutation))
            {
                case MutationVerdict.FoundByCheck:
                    structure++;
                    break;
                case MutationVerdict.FoundByContent:
                    content++;
                    break;
                case MutationVerdict.Nothing when Excuse(name, image.Good, mutation) is { } reason:
                    excused[reason] = excused.GetValueOrDefault(reason) + 1;
                    break;
                default:
                    survivors.Add(mutation.Name);
                    break;
            }
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}{(isDelta ? " delta" : "")}: {structure} found by the check, {content} by the content"));
        foreach ((string reason, int count) in excused)
        {
            output.WriteLine($"{count} cannot matter: {reason}");
        }

        Assert.True(structure >= Several, $"only {structure} mutations were found by the check");
        Assert.True(survivors.Count == 0, $"{survivors.Count}: {string.Join("; ", survivors.Take(20))}");
    }

    private static string? Excuse(string format, byte[] good, ImageMutation mutation) =>
        Survivors.GetValueOrDefault(format, []).FirstOrDefault(excuse => excuse.Covers(good, mutation))?.Reason;

    /// <summary>All but raw and what else is nothing but the disk's bytes.</summary>
    private static bool HasReader(ImageFormat format)
    {
        byte[] file = Reading.Images.Write(format.Name, Disk);
        try
        {
            ImageReaders.Open(new MemoryImage(format.FileName, file, new() { ["disk-flat.vmdk"] = Disk.Content }));
            return true;
        }
        catch (ImageFormatException error) when (error.Message.EndsWith("no known format.", StringComparison.Ordinal))
        {
            return false;
        }
    }

    private static MutatedImage Create(string name, bool isDelta)
    {
        ImageFormat format = ImageFormats.Find(name)!;
        if (!isDelta)
        {
            return new MutatedImage(
                format.CreateLayout(Disk.Identity, Disk.Map()),
                format.FileName,
                Disk,
                new() { ["disk-flat.vmdk"] = Disk.Content });
        }

        TestDelta delta = TestDelta.Of(Disk, 3);
        return new MutatedImage(
            format.CreateDelta(
                delta.Child.Identity,
                delta.Child.Map(),
                delta.Changed,
                Reading.Images.ParentOf(delta, name, ParentName)),
            format.FileName,
            delta.Child,
            new() { [ParentName] = Reading.Images.Write(name, delta.Parent) });
    }
}
