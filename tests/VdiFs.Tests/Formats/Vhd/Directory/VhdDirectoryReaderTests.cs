using System.IO.Compression;
using CsCheck;
using VdiFs.Formats;
using VdiFs.Formats.Reading;
using VdiFs.Formats.Vhd.Directory;
using VdiFs.Tests.Formats.Reading;
using Xunit;

namespace VdiFs.Tests.Formats.Vhd.Directory;

public sealed class VhdDirectoryReaderTests
{
    // Blocks 0 and 2 of three, the last of them short.
    private static readonly TestDisk Disk = TestDisk.With((5 << 20) + 512, 0, 1, 70);

    [Fact]
    public void What_is_read_is_the_disk_and_the_check_finds_nothing()
    {
        TestDisk.Any.Sample(
            disk =>
            {
                MemoryDirectory directory = Write(disk);
                Assert.Equal(Images.Padded(disk), Images.ReadDisk(ImageReaders.OpenDirectory(directory)));
                Assert.Empty(Faults(directory, Images.Strict));
                Assert.Empty(Faults(directory, Images.Foreign));
            },
            iter: 20);
    }

    [Fact]
    public void A_delta_is_read_through_its_alias_and_its_parent_s()
    {
        TestDelta.Any.Sample(
            delta =>
            {
                ImageReader image = ImageReaders.Open(Alias(delta, Write(delta.Parent)));
                Assert.Equal("blocks", image.FormatName);
                Assert.Equal(Images.Padded(delta.Child), Images.ReadDisk(image));
                Assert.Empty(image.Check(Images.Strict));
                Assert.Empty(image.Check(Images.Foreign));
            },
            iter: 20);
    }

    [Fact]
    public void Another_parent_is_found_and_so_is_a_delta_without_its_alias()
    {
        TestDelta delta = TestDelta.Of(Disk, 1);
        TestDisk other = TestDisk.With((5 << 20) + 512, 3);
        MemoryDirectory parent = Write(other, new DiskIdentity(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), default));
        Assert.Contains(
            ImageReaders.Open(Alias(delta, parent)).Check(Images.Foreign),
            fault => fault.What == "parent unique id");
        string refusal = Assert.Throws<ImageFormatException>(
            () => ImageReaders.OpenDirectory(Write(delta))).Message;
        Assert.Contains("name that, the file that ends in .alias.vhd", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_flipped_bit_that_is_not_the_disk_s_is_found()
    {
        MemoryDirectory directory = Write(Disk);
        foreach ((string path, byte[] file) in directory.Files)
        {
            int length = path.StartsWith("blocks/", StringComparison.Ordinal) ? 512 : file.Length;
            for (int bit = 0; bit < length * 8; bit++)
            {
                file[bit / 8] ^= (byte)(1 << bit % 8);
                Assert.True(Faults(directory, Images.Strict).Length > 0, $"bit {bit} of {path} is not missed");
                file[bit / 8] ^= (byte)(1 << bit % 8);
            }
        }

        Assert.Empty(Faults(directory, Images.Strict));
    }

    [Fact]
    public void Bytes_behind_the_disk_are_found()
    {
        MemoryDirectory directory = Write(Disk);
        directory.Files["blocks/0/2"][^1] ^= 1;
        Assert.Contains("padding behind the disk", Assert.Single(Faults(directory, Images.Strict)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_missing_cut_or_longer_is_found()
    {
        MemoryDirectory whole = Write(Disk);
        foreach (string path in whole.Files.Keys)
        {
            byte[] file = whole.Files[path];
            foreach (byte[]? changed in new[] { null, file[..^Math.Min(1, file.Length)], [.. file, 0] })
            {
                MemoryDirectory directory = Write(Disk);
                _ = changed is null ? directory.Files.Remove(path) : (directory.Files[path] = changed) is null;
                bool isSame = changed is not null && changed.Length == file.Length;
                Assert.True(
                    isSame || Faults(directory, Images.Strict).Length > 0, $"{path} of {changed?.Length} bytes passes");
            }
        }
    }

    [Theory]
    [InlineData("blocks/0/1")]
    [InlineData("blocks/0/00")]
    [InlineData("blocks/1/0")]
    [InlineData("blocks/x")]
    [InlineData("footer2")]
    [InlineData("chunk-filters.json")]
    public void A_file_that_nothing_names_is_found(string path)
    {
        MemoryDirectory directory = Write(Disk);
        directory.Files[path] = "[]"u8.ToArray();
        Assert.NotEmpty(Faults(directory, Images.Strict));
        Assert.Empty(Faults(directory, Images.Foreign));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("brotli")]
    public void What_Xen_Orchestra_compressed_is_read_and_damage_in_it_is_found(string filter)
    {
        MemoryDirectory directory = Compressed(filter);
        ImageReader image = ImageReaders.OpenDirectory(directory);
        Assert.Equal(Images.Padded(Disk), Images.ReadDisk(image));
        Assert.Empty(image.Check(Images.Foreign));
        directory.Files["blocks/0/0"] = Compress(new byte[(2 << 20) + 513], filter);
        Assert.NotEmpty(Faults(directory, Images.Foreign));
        directory.Files["blocks/0/0"] = [1, 2, 3];
        Assert.NotEmpty(Faults(directory, Images.Foreign));
    }

    [Fact]
    public void A_filter_that_nobody_knows_is_refused()
    {
        MemoryDirectory directory = Write(Disk);
        directory.Files["chunk-filters.json"] = "[\"rot13\"]"u8.ToArray();
        Assert.Contains("rot13", Assert.Single(Faults(directory, Images.Foreign)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_alias_of_nothing_is_refused()
    {
        MemoryImage alias = new("x.alias.vhd", "../elsewhere"u8.ToArray());
        Assert.Contains(
            "../elsewhere", Assert.Throws<ImageFormatException>(() => ImageReaders.Open(alias)).Message,
            StringComparison.Ordinal);
    }

    private static MemoryDirectory Write(TestDisk disk, DiskIdentity? identity = null) =>
        MemoryDirectory.Of(VhdDirectory.Create(identity ?? disk.Identity, disk.Map()), disk);

    private static MemoryDirectory Write(TestDelta delta) => MemoryDirectory.Of(
        VhdDirectory.CreateDelta(
            delta.Child.Identity, delta.Child.Map(), delta.Changed, delta.Parent.Identity, "base.alias.vhd"),
        delta.Child);

    private static MemoryImage Alias(TestDelta delta, MemoryDirectory parent) => new(
        "child.alias.vhd",
        "data/child.vhd"u8.ToArray(),
        new() { ["base.alias.vhd"] = "data/base.vhd\n"u8.ToArray() })
    {
        Directories = new() { ["data/child.vhd"] = Write(delta), ["data/base.vhd"] = parent },
    };

    private static MemoryDirectory Compressed(string filter)
    {
        MemoryDirectory directory = Write(Disk);
        foreach (string path in directory.Files.Keys.ToList())
        {
            directory.Files[path] = Compress(directory.Files[path], filter);
        }

        directory.Files["chunk-filters.json"] = System.Text.Encoding.ASCII.GetBytes($"[\"{filter}\"]");
        return directory;
    }

    private static byte[] Compress(byte[] content, string filter)
    {
        using MemoryStream compressed = new();
        using (Stream stream = filter == "gzip"
            ? new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true)
            : new BrotliStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            stream.Write(content);
        }

        return compressed.ToArray();
    }

    private static string[] Faults(MemoryDirectory directory, CheckOptions options)
    {
        try
        {
            return [.. ImageReaders.OpenDirectory(directory).Check(options).Take(5).Select(fault => fault.ToString())];
        }
        catch (ImageFormatException exception)
        {
            return [exception.Message];
        }
    }
}
