using System.Runtime.CompilerServices;
using System.Xml.Linq;
using Xunit;

namespace VdiFs.Tests.Architecture;

public sealed class ProjectArrowsTests
{
    /// <summary>Every arrow the house has. A new one is a decision, made here and in README.md.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["VdiFs"] = ["VdiFs.Disks", "VdiFs.Formats", "VdiFs.Fuse"],
        ["VdiFs.Disks"] = ["VdiFs.Formats", "VdiFs.Nbd", "VdiFs.Xapi"],
        ["VdiFs.Formats"] = [],
        ["VdiFs.Fuse"] = [],
        ["VdiFs.Nbd"] = [],
        ["VdiFs.Xapi"] = [],
    };

    [Fact]
    public void The_product_has_exactly_the_rooms_of_the_house()
    {
        Assert.Equal(Allowed.Keys.Order(), ProjectFiles().Select(NameOf).Order());
    }

    [Fact]
    public void Project_references_point_only_where_the_house_allows()
    {
        foreach (string project in ProjectFiles())
        {
            IEnumerable<string> references = XDocument.Load(project)
                .Descendants("ProjectReference")
                .Select(reference => NameOf(reference.Attribute("Include")!.Value));
            Assert.Equal(Allowed[NameOf(project)].Order(), references.Order());
        }
    }

    [Fact]
    public void Every_room_has_a_readme()
    {
        Assert.All(ProjectFiles(), project =>
            Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(project)!, "README.md")), project));
    }

    private static string[] ProjectFiles() =>
        Directory.GetFiles(Path.Combine(Root(), "src"), "*.csproj", SearchOption.AllDirectories);

    private static string NameOf(string projectPath) => Path.GetFileNameWithoutExtension(projectPath);

    private static string Root([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", ".."));
}
