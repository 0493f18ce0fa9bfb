using System.Text;
using VdiFs.Formats.Ova;
using VdiFs.Formats.Reading;
using VdiFs.Formats.Tar;
using VdiFs.Tests.Formats.Reading;
using Xunit;

namespace VdiFs.Tests.Formats.Ova;

/// <summary>What the check of an appliance finds: all that is not a disk's bytes, which its images' sums tell.</summary>
public sealed class OvaCheckerTests
{
    private static readonly byte[] Good = OvaLayoutTests.Archive();

    [Fact]
    public void An_appliance_as_it_was_written_has_no_fault()
    {
        Assert.Equal("ova", ArchiveCheck.FormatOf(new MemoryImage("web01.ova", Good)));
        Assert.Empty(Faults(Good, Images.Strict));
        Assert.Empty(Faults(Good, Images.Foreign));
    }

    [Fact]
    public void A_changed_bit_of_headers_padding_and_lengths_is_found()
    {
        // All of the first member and its header, and the headers of the disks.
        int descriptor = (int)TarHeader.PaddedLength(TarHeader.Read(Good).Length);
        List<int> missed = [];
        for (int offset = 0; offset < 512 + descriptor + 512; offset++)
        {
            byte[] file = [.. Good];
            file[offset] ^= 1;
            if (Faults(file, Images.Strict).Length == 0)
            {
                missed.Add(offset);
            }
        }

        // What the descriptor says beside its references nothing else in the archive says as well.
        int text = 512 + (int)TarHeader.Read(Good).Length;
        Assert.All(missed, offset => Assert.InRange(offset, 512, text - 1));
        string told = Encoding.ASCII.GetString(Good, 512, text - 512);
        string[] mattering = ["ovf:href=\"", "ovf:size=\"", "ovf:capacity=\"", "ovf:fileRef=\"", "</Envelope>"];
        foreach (string attribute in mattering)
        {
            int start = 512 + told.IndexOf(attribute, StringComparison.Ordinal);
            Assert.DoesNotContain(missed, offset => offset >= start && offset <= start + attribute.Length);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(512)]
    [InlineData(1024)]
    [InlineData(1536)]
    [InlineData(100_000)]
    public void A_cut_end_is_found(int bytes)
    {
        Assert.NotEmpty(Faults(Good[..^bytes], Images.Strict));
        Assert.NotEmpty(Faults(Good[..^bytes], Images.Foreign));
    }

    [Fact]
    public void A_changed_byte_of_a_disk_is_found_by_the_sum_of_its_grain_and_told_in_the_member_s_name()
    {
        byte[] file = [.. Good];
        int secondDisk = file.AsSpan().LastIndexOf("KDMV"u8);
        int firstDisk = file.AsSpan().IndexOf("KDMV"u8);
        Assert.True(firstDisk < secondDisk);
        // The first grain's record starts a grain behind the header.
        file[firstDisk + 65536 + 100] ^= 1;
        string fault = Assert.Single(Faults(file, Images.Strict).Take(1));
        Assert.StartsWith("web01-disk1.vmdk: at ", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_disk_and_another_order_are_found()
    {
        int first = 512 + (int)TarHeader.PaddedLength(TarHeader.Read(Good).Length);
        int firstLength = 512 + (int)TarHeader.PaddedLength(TarHeader.Read(Good.AsSpan(first)).Length);
        byte[] without = [.. Good[..first], .. Good[(first + firstLength)..]];
        Assert.NotEmpty(Faults(without, Images.Strict));
        Assert.NotEmpty(Faults(without, Images.Foreign));
        byte[] swapped =
            [.. Good[..first], .. Good[(first + firstLength)..^1024], .. Good[first..(first + firstLength)], .. Good[^1024..]];
        Assert.NotEmpty(Faults(swapped, Images.Strict));
    }

    [Theory]
    [InlineData("no XML")]
    [InlineData("<Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\"><References><File/></References></Envelope>")]
    public void A_descriptor_that_is_none_is_a_fault(string text)
    {
        byte[] header = new byte[512];
        new TarHeader("x.ovf"u8, text.Length, 0).Write(header);
        byte[] body = new byte[TarHeader.PaddedLength(text.Length)];
        Encoding.ASCII.GetBytes(text, body);
        string fault = Faults([.. header, .. body, .. new byte[1024]], Images.Foreign)[0];
        Assert.Contains("descriptor", fault, StringComparison.Ordinal);
    }

    private static string[] Faults(byte[] file, CheckOptions options) =>
        [.. OvaChecker.Check(new MemoryImage("web01.ova", file), options).Take(20).Select(fault => fault.ToString())];
}
