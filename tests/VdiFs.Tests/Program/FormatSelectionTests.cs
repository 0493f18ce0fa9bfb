using VdiFs.Options;
using Xunit;

namespace VdiFs.Tests.Program;

public sealed class FormatSelectionTests
{
    [Fact]
    public void The_two_files_of_a_flat_VMDK_are_listed_by_one_name()
    {
        Assert.True(ValueReaders.Formats("raw,flat.vmdk", out FormatSelection selection));
        Assert.Equal(
            ["disk-flat.vmdk", "disk.flat.vmdk", "disk.raw"],
            selection.Formats.Select(format => format.FileName).Order(StringComparer.Ordinal));
        Assert.Equal("raw,flat.vmdk", selection.ToString());
    }

    [Theory]
    [InlineData("flat.vmdk.extent")]
    [InlineData("raw,")]
    [InlineData("")]
    [InlineData("VHD")]
    public void A_name_that_chooses_nothing_is_refused(string text)
    {
        Assert.False(ValueReaders.Formats(text, out _));
    }
}
