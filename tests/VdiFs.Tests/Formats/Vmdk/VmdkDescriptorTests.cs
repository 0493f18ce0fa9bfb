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
        Assert.Equal(Expected, VmdkDescriptor.Create(TestDisk.SomeIdentity, 204_800, "vmdk", "disk.vmdk"));
    }

    [Theory]
    [InlineData(0u, 0u)]
    [InlineData(0xFFFFFFFDu, 0xFFFFFFFDu)]
    [InlineData(0xFFFFFFFEu, 0xFFFFFFFCu)]
    [InlineData(0xFFFFFFFFu, 0xFFFFFFFDu)]
    public void Content_id_is_never_a_reserved_one(uint hash, uint expected)
    {
        Assert.Equal(expected, VmdkDescriptor.ContentId(hash));
    }

    [Fact]
    public void Longest_descriptor_fits_its_sectors()
    {
        string text = VmdkDescriptor.Create(TestDisk.SomeIdentity, 0xFF000000, "vmdk", "disk.vmdk");
        Assert.InRange(text.Length, 1, 20 * 512);
    }
}
