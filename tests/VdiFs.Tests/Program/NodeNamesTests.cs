using System.Text;
using VdiFs.Tree;
using Xunit;

namespace VdiFs.Tests.Program;

public sealed class NodeNamesTests
{
    private static readonly Guid Uuid = new("6f1c0000-1111-8222-8333-444455556666");
    private static readonly Guid Other = new("7a2d0000-1111-8222-8333-444455556666");
    private static readonly Guid Third = new("8b3e0000-1111-8222-8333-444455556666");

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
    public void Siblings_of_one_name_all_get_a_suffix_from_their_uuid_whatever_their_order()
    {
        (SiblingKey, string)[] siblings = [(Disk(Uuid), "web01"), (Disk(Other), "web01"), (Disk(Third), "db01")];
        Assert.Equal(["web01.6f1c0000", "web01.7a2d0000", "db01"], NodeNames.Assign(siblings));
        Assert.Equal(["db01", "web01.7a2d0000", "web01.6f1c0000"], NodeNames.Assign([.. siblings.Reverse()]));
    }

    [Fact]
    public void A_suffix_comes_from_a_folder_s_uuid_or_from_a_hash_of_its_key()
    {
        Assert.Equal(
            ["a.6f1c0000", "a.79decb59"],
            NodeNames.Assign([(SiblingKey.OfFolder(Uuid.ToString()), "a"), (SiblingKey.OfFolder("no uuid"), "a")]));
    }

    [Fact]
    public void A_name_whose_suffix_is_taken_as_well_becomes_the_uuid()
    {
        Assert.Equal(
            ["web01.6f1c0000", Uuid.ToString(), "web01.7a2d0000"],
            NodeNames.Assign([(Disk(Third), "web01.6f1c0000"), (Disk(Uuid), "web01"), (Disk(Other), "web01")]));
    }

    [Fact]
    public void Nobody_takes_a_name_away_by_bearing_it_on_purpose()
    {
        string[] names = NodeNames.Assign(
        [
            (Disk(Third), Uuid.ToString()), (Disk(Other), "web01.6f1c0000"), (Disk(Uuid), "web01"),
            (Disk(Uuid) with { Occurrence = 1 }, "web01"),
        ]);
        Assert.Equal(4, names.Distinct().Count());
    }

    [Fact]
    public void Documents_choose_before_folders_and_folders_before_disks()
    {
        Assert.Equal(
            ["snapshots.6f1c0000", "snapshots", "vm.json", "vm.json.7a2d0000"],
            NodeNames.Assign(
            [
                (Disk(Uuid), "snapshots"), (SiblingKey.OfFolder("snapshots"), "snapshots"),
                (SiblingKey.OfFile("vm.json"), "vm.json"), (Disk(Other), "vm.json"),
            ]));
    }

    [Fact]
    public void A_name_longer_than_a_file_name_is_cut_between_characters()
    {
        string unique = NodeNames.Assign([(Disk(Uuid), new string('\u00e4', 200))])[0];
        Assert.InRange(Encoding.UTF8.GetByteCount(unique), 250, 255);
        Assert.EndsWith("\u00e4.6f1c0000", unique, StringComparison.Ordinal);
    }

    private static SiblingKey Disk(Guid uuid) => new(SiblingKind.Disk, "", uuid, Occurrence: 0);
}
