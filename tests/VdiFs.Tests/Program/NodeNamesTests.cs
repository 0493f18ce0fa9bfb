using System.Text;
using VdiFs.Tree;
using Xunit;

namespace VdiFs.Tests.Program;

public sealed class NodeNamesTests
{
    private static readonly Guid Uuid = new("6f1c0000-1111-8222-8333-444455556666");

    [Theory]
    [InlineData("", "default")]
    [InlineData("web01", "web01")]
    [InlineData("a/b", "a%2Fb")]
    [InlineData("100%", "100%25")]
    [InlineData(".", "%2E")]
    [InlineData("..", "%2E.")]
    [InlineData(".vdifs", "%2Evdifs")]
    [InlineData("tab\there", "tab%09here")]
    [InlineData("Gr\u00f6\u00dfe", "Gr\u00f6\u00dfe")]
    public void Escape_makes_a_file_name_that_shows_what_was_escaped(string name, string expected)
    {
        Assert.Equal(expected, NodeNames.Escape(name));
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("a%2Fb")]
    [InlineData("..\u0001%")]
    public void Escape_can_be_undone(string name)
    {
        Assert.Equal(name, Uri.UnescapeDataString(NodeNames.Escape(name)));
    }

    [Fact]
    public void A_name_that_is_taken_gets_a_suffix_from_the_uuid()
    {
        Assert.Equal("web01.6f1c0000", NodeNames.Unique("web01", Uuid, name => name == "web01"));
    }

    [Fact]
    public void A_name_whose_suffix_is_taken_as_well_becomes_the_uuid()
    {
        Assert.Equal(Uuid.ToString(), NodeNames.Unique("web01", Uuid, name => name.StartsWith("web01", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_name_longer_than_a_file_name_is_cut_between_characters()
    {
        string unique = NodeNames.Unique(new string('\u00e4', 200), Uuid, _ => false);
        Assert.InRange(Encoding.UTF8.GetByteCount(unique), 250, 255);
        Assert.EndsWith("\u00e4.6f1c0000", unique, StringComparison.Ordinal);
    }
}
