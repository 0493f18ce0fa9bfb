using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using VdiFs.Reliability;
using Xunit;

namespace VdiFs.Tests.Architecture;

/// <summary>The page on reliability says nothing that no proof shows.</summary>
public sealed partial class ReliabilityPageTests
{
    private static readonly Surroundings Here = new("2026-01-31", "0123456789ab", "Linux", "2 cores");

    [Fact]
    public void Every_promise_names_proofs_that_are_listed()
    {
        string[] known = [.. ProofCatalog.All.Select(proof => proof.Name)];
        Assert.All(PromiseCatalog.All, promise => Assert.Empty(promise.Proofs.Except(known)));
    }

    [Fact]
    public void A_promise_without_a_proof_says_what_holds_it()
    {
        Assert.All(PromiseCatalog.All, promise => Assert.True(promise.Proofs.Count > 0 || promise.Remark.Length > 0));
    }

    [Fact]
    public void Every_listed_proof_exists_and_every_scenario_is_listed()
    {
        string chaos = SourceOf("VdiFs.Chaos/Scenarios");
        string all = SourceOf("VdiFs.Tests/Nbd", "VdiFs.Tests/Disks", "VdiFs.Fuzz", "VdiFs.Simulation");
        IEnumerable<string> scenarios = ScenarioName().Matches(chaos)
            .SelectMany(match => Literal().Matches(match.Value)).Select(match => "chaos-" + match.Groups[1].Value);
        IEnumerable<string> listed = ProofCatalog.All.Select(proof => proof.Name);
        Assert.Equal(
            scenarios.Order(),
            listed.Where(name => name.StartsWith("chaos-", StringComparison.Ordinal)).Order());
        Assert.All(
            listed.Where(name => !name.StartsWith("chaos-", StringComparison.Ordinal)),
            name => Assert.Contains($"\"{name}\"", all, StringComparison.Ordinal));
    }

    [Fact]
    public void A_page_of_clean_proofs_has_no_objection_and_every_promise()
    {
        ReliabilityPage page = new(Clean());
        Assert.Empty(page.Objections());
        AssertComplete(page.Write(Here));
    }

    [Theory]
    [InlineData(1, 0, 0, 0)]
    [InlineData(0, 1, 0, 0)]
    [InlineData(0, 0, 1, 0)]
    [InlineData(0, 0, 0, 1)]
    public void A_proof_that_failed_is_an_objection_and_the_first_words_of_the_page(
        long wrong, long hangs, long leaks, long failures)
    {
        Dictionary<string, ProofSum> sums = Clean();
        sums["lies"] = sums["lies"] with { Wrong = wrong, Hangs = hangs, Leaks = leaks, Failures = failures };
        ReliabilityPage page = new(sums);
        Assert.Contains("lies FAILED", Assert.Single(page.Objections()), StringComparison.Ordinal);
        AssertLoud(page.Write(Here), "lies FAILED");
    }

    [Fact]
    public void A_proof_that_has_not_run_is_an_objection_and_the_first_words_of_the_page()
    {
        Dictionary<string, ProofSum> sums = Clean();
        sums.Remove("chaos-reset");
        ReliabilityPage page = new(sums);
        Assert.Equal("chaos-reset has not run", Assert.Single(page.Objections()));
        AssertLoud(page.Write(Here), "chaos-reset has not run");
    }

    [Fact]
    public void Lines_of_a_proof_are_added_up()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("vdifs-proofs-");
        try
        {
            const string Line = """
                {"proof":"lies","date":"2026-01-31T00:00:00Z","seed":1,"faults":2,"reads":3,"bytes_verified":4,
                """
                + """
                "wrong":1,"hangs":0,"leaks":0,"seconds":0.5,"detail":{"failures":6}}
                """;
            string named = Line.Replace("\"date\"", "\"commit\":\"abc\",\"date\"", StringComparison.Ordinal);
            File.WriteAllText(Path.Combine(folder.FullName, "lies.jsonl"), $"{Line}\n{named}\n");
            ProofSum sum = ProofFolder.Read(folder.FullName)["lies"];
            Assert.Equal(
                new ProofSum(2, "2026-01-31T00:00:00Z", 4, 6, 8, 2, 0, 0, 12, 1.0) { Commits = "abc, unknown" }, sum);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void The_page_in_docs_is_of_this_shape_and_found_nothing_wrong()
    {
        Assert.All(Directory.GetFiles(Path.Combine(Root(), "docs"), "RELIABILITY.md"), file =>
        {
            string page = File.ReadAllText(file);
            AssertComplete(page);
            Assert.DoesNotContain("PROVES NOTHING", page, StringComparison.Ordinal);
            Assert.DoesNotContain("NOT RUN", page, StringComparison.Ordinal);
        });
    }

    private static Dictionary<string, ProofSum> Clean() => ProofCatalog.All.ToDictionary(
        proof => proof.Name, _ => new ProofSum(1, "2026-01-31T00:00:00Z", 10, 20, 4096, 0, 0, 0, 0, 1.5));

    private static void AssertComplete(string page)
    {
        Assert.All(PromiseCatalog.All, promise => Assert.Contains(promise.Text, page, StringComparison.Ordinal));
        Assert.All(ProofCatalog.All, proof => Assert.Contains($"| {proof.Name} |", page, StringComparison.Ordinal));
        Assert.All(ProofCatalog.All, proof => Assert.Contains(proof.Command, page, StringComparison.Ordinal));
        Assert.Contains("| EIO |", page, StringComparison.Ordinal);
        Assert.Contains("## Limits that remain", page, StringComparison.Ordinal);
    }

    private static void AssertLoud(string page, string words)
    {
        int loud = page.IndexOf("PROVES NOTHING YET", StringComparison.Ordinal);
        Assert.InRange(loud, 0, page.IndexOf("## Promises", StringComparison.Ordinal));
        int promises = page.IndexOf("## Promises", StringComparison.Ordinal);
        Assert.Contains(words, page[loud..promises], StringComparison.Ordinal);
    }

    private static string SourceOf(params string[] folders) => string.Concat(folders
        .Select(folder => Path.Combine(Root(), "tests", folder))
        .SelectMany(folder => Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories))
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
        .Select(File.ReadAllText));

    private static string Root([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", ".."));

    [GeneratedRegex("public string Name => [^;]*;")]
    private static partial Regex ScenarioName();

    [GeneratedRegex("\"([a-z-]+)\"")]
    private static partial Regex Literal();
}
