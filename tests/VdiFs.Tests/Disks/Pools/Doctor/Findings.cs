using VdiFs.Disks.Pools.Doctor;
using Xunit;

namespace VdiFs.Tests.Disks.Pools.Doctor;

/// <summary>What a check is to find.</summary>
internal static class Findings
{
    /// <summary>One with these words in its text and these in its cure; null: there is nothing to cure.</summary>
    public static void AssertIs(this Finding finding, FindingLevel level, string text, string? cure)
    {
        Assert.Equal(level, finding.Level);
        Assert.Contains(text, finding.Text, StringComparison.Ordinal);
        if (cure is null)
        {
            Assert.Null(finding.Cure);
        }
        else
        {
            Assert.Contains(cure, finding.Cure, StringComparison.Ordinal);
        }
    }

    /// <summary>The only one.</summary>
    public static void AssertIs(
        this IEnumerable<Finding> findings, FindingLevel level, string text, string? cure) =>
        Assert.Single(findings).AssertIs(level, text, cure);
}
