namespace VdiFs.EndToEnd.Harness.Judges;

/// <summary>Byte equality, by cmp.</summary>
internal static class Bytes
{
    public static void AssertEqual(string expected, string actual) => Command.Ok("cmp", expected, actual);

    /// <summary>The standard output of a bash pipeline, given $1, equals the expected file.</summary>
    public static void AssertOutputEqual(string expected, string script, string argument) =>
        Command.BashOk($"{{ {script}; }} | cmp - \"$2\"", argument, expected);
}
