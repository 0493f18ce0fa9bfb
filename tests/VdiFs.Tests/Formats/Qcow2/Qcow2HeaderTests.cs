using VdiFs.Formats;
using VdiFs.Formats.Qcow2;
using Xunit;

namespace VdiFs.Tests.Formats.Qcow2;

public sealed class Qcow2HeaderTests
{
    private static readonly byte[] Golden = Convert.FromHexString(
        "514649fb" + "00000003" + "0000000000000088" + "00000009" // magic, version, backing_file_offset, _size
        + "00000010" + "0000000002800000" + "00000000" // cluster_bits, size, crypt_method
        + "00000001" + "0000000000030000" + "0000000000010000" + "00000001" // l1_size, l1, refcount table, clusters
        + "00000000" + "0000000000000000" // nb_snapshots, snapshots_offset
        + "0000000000000001" + "0000000000000002" + "0000000000000004" // features
        + "00000004" + "00000070" + "00" + "00000000000000"); // refcount_order, header_length, compression_type

    private static readonly Qcow2Header Header = new()
    {
        Version = 3,
        BackingFileOffset = 0x88,
        BackingFileSize = 9,
        ClusterBits = 16,
        DiskLength = 40 << 20,
        L1Size = 1,
        L1TableOffset = 0x30000,
        RefcountTableOffset = 0x10000,
        RefcountTableClusters = 1,
        IncompatibleFeatures = 1,
        CompatibleFeatures = 2,
        AutoclearFeatures = 4,
        RefcountOrder = 4,
        HeaderLength = 112,
    };

    [Fact]
    public void Write_gives_the_bytes_of_the_specification()
    {
        byte[] bytes = new byte[112];
        bytes.AsSpan().Fill(0xEE);
        Header.Write(bytes);
        Assert.Equal(Golden, bytes);
    }

    [Fact]
    public void Read_gives_back_what_was_written()
    {
        Assert.Equal(Header, Qcow2Header.Read(Golden));
    }

    [Fact]
    public void Version_2_ends_before_the_features_and_has_counts_of_16_bits()
    {
        byte[] bytes = [.. Golden];
        bytes[7] = 2;
        bytes.AsSpan(72).Fill(0xEE);
        Qcow2Header expected = Header with
        {
            Version = 2,
            IncompatibleFeatures = 0,
            CompatibleFeatures = 0,
            AutoclearFeatures = 0,
            HeaderLength = 72,
        };
        Assert.Equal(expected, Qcow2Header.Read(bytes));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(7)]
    public void Read_rejects_other_magics_and_versions(int offset)
    {
        byte[] bytes = [.. Golden];
        bytes[offset] ^= 4;
        Assert.Equal(
            ImageFormatErrorKind.Malformed, Assert.Throws<ImageFormatException>(() => Qcow2Header.Read(bytes)).Kind);
    }

    [Fact]
    public void Read_rejects_a_header_cut_anywhere()
    {
        for (int length = 0; length < Golden.Length; length++)
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => Qcow2Header.Read(Golden.AsSpan(0, length)));
        }
    }
}
