using System.Buffers.Binary;
using CsCheck;
using VdiFs.Formats;
using VdiFs.Formats.Reading;
using VdiFs.Tests.Formats.Reading;
using Xunit;

namespace VdiFs.Tests.Formats.Qcow2;

public sealed class Qcow2ReaderTests
{
    private const int Iterations = 40;
    private const int Mebibyte = 1024 * 1024;
    private const string Kinds = "sc-zccZssc-cszc";

    [Fact]
    public void Disk_in_an_image_is_the_one_it_was_made_of_and_nothing_is_wrong()
    {
        TestDisk.Any.Sample(
            disk =>
            {
                byte[] file = Images.Write("qcow2", disk);
                Assert.Equal([], Images.Faults(file, Images.Strict));
                Assert.Equal([], Images.Faults(file, Images.Foreign));
                Assert.True(Images.ReadDisk(Images.Open(file)).AsSpan().SequenceEqual(Images.Padded(disk)));
            },
            iter: Iterations);
    }

    [Theory]
    [InlineData("qcow2")]
    [InlineData("raw")]
    public void Delta_and_parent_together_are_the_disk(string parentFormat)
    {
        TestDelta.Any.Sample(
            delta =>
            {
                Dictionary<string, byte[]> directory = new() { ["base"] = Images.Write(parentFormat, delta.Parent) };
                byte[] file = Images.WriteDelta("qcow2", delta, parentFormat, "base");
                Assert.Equal([], Images.Faults(file, Images.Strict, directory));
                Assert.Equal([], Images.Faults(file, Images.Foreign, directory));
                Assert.True(Images.ReadDisk(Images.Open(file, directory)).AsSpan()
                    .SequenceEqual(Images.Padded(delta.Child)));
            },
            iter: Iterations);
    }

    [Fact]
    public void A_chain_of_three_is_read_through()
    {
        TestDelta first = TestDelta.Of(TestDisk.With(5 * Mebibyte, 0, 40, 70), 1);
        TestDelta second = TestDelta.Of(first.Child, 2);
        Dictionary<string, byte[]> directory = new()
        {
            ["a"] = Images.Write("qcow2", first.Parent),
            ["b"] = Images.WriteDelta("qcow2", first, "qcow2", "a"),
        };
        byte[] file = Images.WriteDelta("qcow2", second, "qcow2", "b");
        Assert.Equal(second.Child.Content, Images.ReadDisk(Images.Open(file, directory)));
    }

    [Fact]
    public void A_parent_of_another_format_or_length_is_found()
    {
        TestDelta delta = TestDelta.Of(TestDisk.With(Mebibyte, 0), 1);
        byte[] file = Images.WriteDelta("qcow2", delta, "qcow2", "base");
        Dictionary<string, byte[]> directory = new() { ["base"] = Images.Write("vdi", delta.Parent) };
        Assert.Equal(
            ["image: at 0 (0x0): backing file \"base\": expected qcow2, found vdi"],
            Images.Faults(file, Images.Strict, directory));
        directory["base"] = Images.Write("qcow2", TestDisk.With(2 * Mebibyte, 0));
        Assert.Equal(
            "image: at 24 (0x18): header, size: expected the parent's 2097152 bytes in whole sectors, found 1048576",
            Assert.Single(Images.Faults(file, Images.Strict, directory)));
    }

    [Fact]
    public void An_image_that_is_its_own_parent_comes_to_an_end()
    {
        TestDelta delta = TestDelta.Of(TestDisk.With(Mebibyte, 0), 1);
        byte[] file = Images.WriteDelta("qcow2", delta, "qcow2", "image");
        Assert.Contains(
            "longer than 64 images",
            Assert.Single(Images.Faults(file, Images.Foreign, new() { ["image"] = file })));
    }

    [Theory]
    [InlineData(2, 12, 4, "sc-cscs-cccs")]
    [InlineData(3, 9, 3, Kinds)]
    [InlineData(3, 10, 6, Kinds)]
    [InlineData(3, 12, 5, Kinds)]
    [InlineData(3, 12, 2, Kinds)]
    [InlineData(3, 12, 0, "szZ-ss")]
    [InlineData(3, 16, 4, Kinds)]
    [InlineData(3, 21, 4, "cs-cZzc")]
    public void Images_of_others_are_read_and_found_right(int version, int clusterBits, int refcountOrder, string kinds)
    {
        ForeignQcow2 writer = new()
        {
            Version = version, ClusterBits = clusterBits, RefcountOrder = refcountOrder, Kinds = kinds,
        };
        (byte[] disk, byte[] file) = Write(writer);
        Assert.Equal([], Images.Faults(file, Images.Foreign));
        Assert.NotEmpty(Images.Faults(file, Images.Strict));
        Assert.Equal(disk, Images.ReadDisk(Images.Open(file)));
    }

    [Fact]
    public void Every_wrong_refcount_of_an_image_of_others_is_found()
    {
        (_, byte[] file) = Write(new ForeignQcow2 { Kinds = Kinds });
        for (int cluster = 0; cluster < file.Length / 4096; cluster++)
        {
            int offset = 2 * 4096 + cluster * 2;
            file[offset + 1]++;
            Assert.Contains($"refcount of cluster {cluster}:", Assert.Single(Images.Faults(file, Images.Foreign)));
            file[offset + 1] -= 2;
            Assert.Contains($"refcount of cluster {cluster}:", Assert.Single(Images.Faults(file, Images.Foreign)));
            file[offset + 1]++;
        }
    }

    [Theory]
    [InlineData(20, 8u, "cluster_bits: expected 9 to 21, found 8")]
    [InlineData(20, 22u, "cluster_bits: expected 9 to 21, found 22")]
    [InlineData(24, uint.MaxValue, "size: expected less than 2 to the 63")]
    [InlineData(32, 1u, "The image is encrypted")]
    [InlineData(32, 2u, "The image is encrypted")]
    [InlineData(36, 0u, "l1_size: expected 1 entries")]
    [InlineData(36, 4_194_305u, "l1_size: expected 1 entries")]
    [InlineData(44, 0x30001u, "l1_table_offset: expected the start of a cluster")]
    [InlineData(40, 1u, "l1_table_offset: expected the start of a cluster")]
    [InlineData(60, 2u, "The image has 2 snapshots inside")]
    [InlineData(76, 2u, "marked as corrupt")]
    [InlineData(76, 4u, "external data file")]
    [InlineData(76, 16u, "subclusters")]
    [InlineData(76, 32u, "unknown incompatible features (0x20)")]
    [InlineData(72, 1u, "unknown incompatible features (0x100000000)")]
    [InlineData(96, 7u, "refcounts have 2^7 bits")]
    [InlineData(100, 100u, "header_length: expected a multiple of 8 from 104")]
    [InlineData(100, 113u, "header_length: expected a multiple of 8 from 104")]
    [InlineData(104, 0x02000000u, "compressed in an unknown way")]
    public void What_cannot_be_read_right_is_refused_with_the_reason(int offset, uint value, string reason)
    {
        byte[] file = Images.Write("qcow2", TestDisk.With(Mebibyte, 0));
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(offset), value);
        Assert.Contains(reason, Assert.Single(Images.Faults(file, Images.Foreign)));
    }

    [Fact]
    public void Zstd_bitmaps_and_parents_of_unknown_format_are_refused_with_the_reason()
    {
        byte[] zstd = Images.Write("qcow2", TestDisk.With(Mebibyte, 0));
        zstd[79] = 8;
        zstd[104] = 1;
        Assert.Contains("compressed with zstd", Assert.Single(Images.Faults(zstd, Images.Foreign)));
        byte[] bitmaps = Images.Write("qcow2", TestDisk.With(Mebibyte, 0));
        BinaryPrimitives.WriteUInt32BigEndian(bitmaps.AsSpan(112), 0x23852875);
        Assert.Contains("persistent bitmaps", Assert.Single(Images.Faults(bitmaps, Images.Foreign)));
        byte[] delta = Images.WriteDelta("qcow2", TestDelta.Of(TestDisk.With(Mebibyte, 0), 1), "raw", "base");
        delta[112] ^= 1;
        Assert.Contains("expected raw, qcow2", Assert.Single(Images.Faults(delta, Images.Foreign)));
    }

    [Fact]
    public void A_compressed_cluster_that_is_cut_or_damaged_is_an_error()
    {
        (_, byte[] file) = Write(new ForeignQcow2 { Kinds = "c" });
        // The compressed bytes are the first thing behind the refcount block.
        byte[] damaged = [.. file];
        damaged.AsSpan(3 * 4096, 512).Fill(0xFF);
        ImageReader image = Images.Open(damaged);
        Assert.Equal(PieceKind.Stored, image.Locate(0, 4096).Kind);
        ImageFormatException error = Assert.Throws<ImageFormatException>(() => image.ReadStored(0, new byte[4096]));
        Assert.Contains("compressed cluster: expected 4096 bytes when inflated", error.Message);
    }

    [Fact]
    public void A_table_that_a_hostile_image_names_a_million_times_is_read_once()
    {
        byte[] file = Images.Write("qcow2", TestDisk.With(Mebibyte, 0));
        Array.Resize(ref file, 64 * Mebibyte);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(36), 1 << 20);
        BinaryPrimitives.WriteInt64BigEndian(file.AsSpan(40), 8 * Mebibyte);
        for (int index = 0; index < 1 << 20; index++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(file.AsSpan(8 * Mebibyte + index * 8), 1UL << 63 | 4 * 65536);
        }

        MemoryImage image = new("image", file);
        ImageFault twice = ImageReaders.Open(image).Check(Images.Foreign).First(fault => fault.What == "L1 entry 1");
        Assert.Equal("another place than entry 0", twice.Expected);
        _ = ImageReaders.Open(image).Check(Images.Foreign).Count();
        Assert.InRange(image.BytesRead, 1, 3 * file.Length);
    }

    private static (byte[] Disk, byte[] File) Write(ForeignQcow2 writer)
    {
        int cluster = 1 << writer.ClusterBits;
        byte[] disk = new byte[writer.Kinds.Length * cluster];
        for (int offset = 0; offset < disk.Length; offset++)
        {
            // Compressible, and different everywhere.
            disk[offset] = (byte)(offset / 97 * 31 + offset / cluster);
        }

        byte[] file = writer.Write(disk);
        foreach ((int index, char kind) in writer.Kinds.Index())
        {
            if (kind is 'z' or 'Z' or '-')
            {
                disk.AsSpan(index * cluster, cluster).Clear();
            }
        }

        return (disk, file);
    }
}
