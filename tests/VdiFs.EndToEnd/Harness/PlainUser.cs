namespace VdiFs.EndToEnd.Harness;

/// <summary>What a user without privileges does: nobody, of no group.</summary>
internal static class PlainUser
{
    private const string Nobody = "65534";

    public static CommandResult Run(string file, params IEnumerable<string> arguments) =>
        Command.Run("setpriv", [$"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", file, .. arguments]);

    /// <summary>Runs a command that must succeed; gives its standard output.</summary>
    public static string Ok(string file, params IEnumerable<string> arguments)
    {
        CommandResult result = Run(file, arguments);
        Assert.True(result.ExitCode == 0, result.ToString());
        return result.Output;
    }

    /// <summary>Gives files or directories to the user.</summary>
    public static void Own(params IEnumerable<string> paths) => Command.Ok("chown", paths.Prepend(Nobody));

    public static void SkipUnlessMayMount() =>
        Assert.SkipUnless(
            File.GetUnixFileMode("/dev/fuse").HasFlag(UnixFileMode.OtherRead | UnixFileMode.OtherWrite),
            "/dev/fuse is not open to users here (scripts/test.sh opens it for its run)");
}
