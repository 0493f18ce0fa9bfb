namespace VdiFs.EndToEnd.Harness;

/// <summary>The form of every refusal: an exit code, nothing on standard output, one line of what, why and cure on the
/// other.</summary>
internal static class OneLine
{
    public static void AssertRefusal(CommandResult result, int exitCode, params string[] words)
    {
        Assert.True(result.ExitCode == exitCode, result.ToString());
        Assert.Equal("", result.Output);
        string line = Assert.Single(result.Error.TrimEnd('\n').Split('\n'));
        foreach (string word in words)
        {
            Assert.Contains(word, line, StringComparison.OrdinalIgnoreCase);
        }
    }
}
