using VdiFs.Formats;
using VdiFs.Formats.Reading;
using Xunit;

namespace VdiFs.Tests.Formats.Reading;

/// <summary>What a file is taken for.</summary>
public sealed class ImageReadersTests
{
    private static readonly TestDisk Disk = TestDisk.With(4 << 20, 0, 1, 63);

    public static TheoryData<string> Formats => ["vmdk", "stream.vmdk", "qcow2", "vdi", "vhdx"];

    [Theory, MemberData(nameof(Formats))]
    public void An_image_that_ends_with_what_looks_like_a_footer_is_what_it_starts_as(string format)
    {
        byte[] file = Images.Write(format, Disk);
        byte[] stray = Images.Write("fixed.vhd", TestDisk.With(1 << 20))[^512..];
        stray.CopyTo(file.AsSpan(file.Length - 512));
        Assert.Equal(format, Images.Open(file).FormatName);
        "conectix, says the guest"u8.CopyTo(file.AsSpan(file.Length - 512));
        Assert.Equal(format, Images.Open(file).FormatName);
    }

    [Theory]
    [InlineData("qcow2", "qcow2")]
    [InlineData("vdi", "vdi")]
    public void What_may_be_either_is_refused_with_both_names_and_opened_as_what_is_said(string format, string name)
    {
        byte[] image = Images.Write(format, Disk);
        // A disk that starts with an image, in a fixed VHD.
        TestDisk outer = TestDisk.With(image.Length, [.. Enumerable.Range(0, image.Length / 65536)]);
        image.CopyTo(outer.Content, 0);
        MemoryImage file = new("image", Images.Write("fixed.vhd", outer));
        string refusal = Assert.Throws<ImageFormatException>(() => ImageReaders.Open(file)).Message;
        Assert.EndsWith($"Say which: {name} or vhd.", refusal, StringComparison.Ordinal);
        Assert.Equal(format, ImageReaders.OpenAs(file, name).FormatName);
        Assert.Equal(outer.Content, Images.ReadDisk(ImageReaders.OpenAs(file, "vhd")));
        Assert.Throws<ImageFormatException>(() => ImageReaders.OpenAs(file, "vhdx"));
    }
}
