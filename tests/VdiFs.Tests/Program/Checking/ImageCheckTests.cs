using VdiFs.Checking;
using VdiFs.Formats.Reading;
using VdiFs.Tests.Formats;
using VdiFs.Tests.Formats.Reading;
using Xunit;

namespace VdiFs.Tests.Program.Checking;

public sealed class ImageCheckTests : IDisposable
{
    private static readonly CheckOptions Strict = new(AcceptForeign: false);

    private readonly string _directory = Directory.CreateTempSubdirectory("vdifs-check-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_whole_image_and_its_parent_have_no_fault()
    {
        TestDelta delta = TestDelta.Of(TestDisk.With(1 << 20, 0), 1);
        Save("base.vhd", Images.Write("vhd", delta.Parent));
        string child = Save("child.vhd", Images.WriteDelta("vhd", delta, "vhd", "base.vhd"));
        Assert.Equal((true, ""), Check(child, all: false));
    }

    [Fact]
    public void A_fault_of_the_parent_is_told_in_its_name()
    {
        TestDelta delta = TestDelta.Of(TestDisk.With(1 << 20, 0), 1);
        byte[] parent = Images.Write("vhd", delta.Parent);
        parent[^1] ^= 1;
        Save("base.vhd", parent);
        string child = Save("child.vhd", Images.WriteDelta("vhd", delta, "vhd", "base.vhd"));
        (bool goesOn, string output) = Check(child, all: false);
        Assert.False(goesOn);
        Assert.StartsWith("base.vhd: at ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public void The_first_fault_or_all_are_told(bool all, int expected)
    {
        byte[] file = Images.Write("packed.vhd", TestDisk.With(6 << 20, 0, 32));
        // A bit of each sector bitmap.
        file[2048] ^= 1;
        file[2048 + 512 + (2 << 20)] ^= 1;
        (bool goesOn, string output) = Check(Save("disk.vhd", file), all);
        Assert.Equal(all, goesOn);
        Assert.Equal(expected, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void A_file_of_no_format_is_a_fault_and_raw_when_the_user_says_so()
    {
        string path = Save("disk.raw", [1, 2, 3]);
        using LocalImage file = LocalImage.Open(path, CancellationToken.None);
        using var output = new StringWriter();
        var check = new ImageCheck(Strict, all: false, output);
        Assert.Null(check.Open(() => ImageReaders.Open(file)));
        Assert.Equal("disk.raw is an image of no known format.\n", output.ToString().ReplaceLineEndings("\n"));
        Assert.Equal(1, check.Faults);
        Assert.Equal("raw", check.Open(() => ImageReaders.OpenRaw(file))!.FormatName);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../outside.vhd")]
    [InlineData("sub/inside.vhd")]
    [InlineData("sub\\inside.vhd")]
    [InlineData("/etc/passwd")]
    [InlineData("sub")]
    [InlineData("nothing.vhd")]
    [InlineData("a\0b")]
    public void Only_files_of_the_same_directory_are_siblings(string name)
    {
        Directory.CreateDirectory(Path.Combine(_directory, "sub"));
        File.WriteAllText(Path.Combine(_directory, "sub", "inside.vhd"), "x");
        using LocalImage file = LocalImage.Open(Save("a.vhd", [1]), CancellationToken.None);
        Assert.Null(file.OpenSibling(name));
    }

    [Fact]
    public void A_sibling_may_be_a_link_to_elsewhere()
    {
        string elsewhere = Directory.CreateDirectory(Path.Combine(_directory, "elsewhere")).FullName;
        File.WriteAllBytes(Path.Combine(elsewhere, "base.vhd"), [5, 6]);
        File.CreateSymbolicLink(Path.Combine(_directory, "base.vhd"), Path.Combine(elsewhere, "base.vhd"));
        using LocalImage file = LocalImage.Open(Save("a.vhd", [1]), CancellationToken.None);
        IImageBytes sibling = Assert.IsType<IImageBytes>(file.OpenSibling("base.vhd"), exactMatch: false);
        byte[] bytes = new byte[2];
        sibling.Read(0, bytes);
        Assert.Equal([5, 6], bytes);
    }

    [Fact]
    public void A_file_that_shrinks_meanwhile_is_an_error()
    {
        string path = Save("a.vhd", new byte[1000]);
        using LocalImage file = LocalImage.Open(path, CancellationToken.None);
        File.WriteAllBytes(path, new byte[10]);
        IOException error = Assert.Throws<IOException>(() => file.Read(0, new byte[20]));
        Assert.Contains("ends at 10", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelling_ends_whoever_reads_a_file()
    {
        using var stopping = new CancellationTokenSource();
        using LocalImage file = LocalImage.Open(Save("a.vhd", new byte[10]), stopping.Token);
        file.Read(0, new byte[10]);
        stopping.Cancel();
        Assert.Throws<OperationCanceledException>(() => file.Read(0, new byte[10]));
    }

    private string Save(string name, byte[] bytes)
    {
        string path = Path.Combine(_directory, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static (bool GoesOn, string Output) Check(string path, bool all)
    {
        using LocalImage file = LocalImage.Open(path, CancellationToken.None);
        using var output = new StringWriter();
        var check = new ImageCheck(Strict, all, output);
        ImageReader image = check.Open(() => ImageReaders.Open(file))!;
        bool goesOn = check.CheckStructure(image);
        return (goesOn, output.ToString());
    }
}
