using VdiFs.Formats;
using VdiFs.Formats.Vmdk;
using Xunit;

namespace VdiFs.Tests.Formats.Vmdk;

public sealed class VmdkDescriptorTests
{
    [Fact]
    public void Descriptor_of_a_disk_of_100_MiB_is_this_text()
    {
        const string Expected =
            """
            # Disk DescriptorFile
            version=1
            CID=2de8cf8c
            parentCID=ffffffff
            createType="monolithicSparse"

            # Extent description
            RW 204800 SPARSE "disk.vmdk"

            # The Disk Data Base
            #DDB

            ddb.virtualHWVersion = "4"
            ddb.adapterType = "lsilogic"
            ddb.geometry.cylinders = "12"
            ddb.geometry.heads = "255"
            ddb.geometry.sectors = "63"
            ddb.longContentID = "bd494397c17afbc10b90a2cb2de8cf8c"
            ddb.uuid.image = "04a2108c-6032-833e-aaa5-28d9a9270c2f"
            ddb.uuid.modification = "b1511d3f-84d4-831a-bddf-d7117a59d541"
            ddb.uuid.parent = "00000000-0000-0000-0000-000000000000"
            ddb.uuid.parentmodification = "00000000-0000-0000-0000-000000000000"

            """;
        Assert.Equal(Expected, Sparse(204_800).ToText());
    }

    [Theory]
    [InlineData(0u, 0u)]
    [InlineData(0xFFFFFFFDu, 0xFFFFFFFDu)]
    [InlineData(0xFFFFFFFEu, 0xFFFFFFFCu)]
    [InlineData(0xFFFFFFFFu, 0xFFFFFFFDu)]
    public void Content_id_is_never_a_reserved_one(uint hash, uint expected)
    {
        Assert.Equal(expected, VmdkDescriptor.ContentIdOf(hash));
    }

    [Fact]
    public void Longest_descriptor_fits_its_sectors()
    {
        string longest = new('n', 200);
        VmdkDescriptor descriptor = VmdkDescriptor.Of(
            TestDisk.SomeIdentity, "vmdk", "monolithicSparse", VmdkExtent.Sparse(1L << 37, longest));
        ParentImage parent = new(TestDisk.SomeIdentity, 1L << 46, ImageFormats.Find("vmdk")!, longest);
        Assert.InRange(descriptor.WithParent(parent).ToText().Length, 1000, 20 * 512);
    }

    [Fact]
    public void Descriptor_of_a_delta_names_its_parent_and_the_parent_s_ids()
    {
        ImageFormat flat = ImageFormats.Find("flat.vmdk")!;
        ParentImage parent = new(TestDisk.SomeIdentity, 204_800 * 512, flat, "disk.flat.vmdk");
        string[] own = Sparse(204_800).ToText().Split('\n');
        string[] child = Sparse(204_800).WithParent(parent).ToText().Split('\n');
        VmdkDescriptor of = VmdkDescriptor.Of(
            TestDisk.SomeIdentity, "flat.vmdk", "monolithicFlat", VmdkExtent.Flat(204_800, "disk-flat.vmdk"));
        Assert.Equal($"parentCID={of.ContentId:x8}", child[3]);
        Assert.Equal("parentFileNameHint=\"disk.flat.vmdk\"", child[5]);
        Assert.Equal($"ddb.uuid.parent = \"{of.Image}\"", child[^3]);
        Assert.Equal($"ddb.uuid.parentmodification = \"{of.Modification}\"", child[^2]);
        Assert.Equal([.. own[..3], .. own[4..^3]], [.. child[..3], child[4], .. child[6..^3]]);
        Assert.Contains("RW 204800 FLAT \"disk-flat.vmdk\" 0\n", of.ToText());
    }

    private static VmdkDescriptor Sparse(long sectors) => VmdkDescriptor.Of(
        TestDisk.SomeIdentity, "vmdk", "monolithicSparse", VmdkExtent.Sparse(sectors, "disk.vmdk"));
}
