using VdiFs.Fuse.Device;

namespace VdiFs.Options;

/// <summary>
/// Where the program keeps what outlives it: systemd's directories for a service, the system's for root, and those of
/// the XDG Base Directory Specification for everybody else.
/// </summary>
internal static class ProgramDirectories
{
    private const string Program = "vdifs";

    /// <summary>What can be made anew.</summary>
    public static string Cache(string name) =>
        Path.Combine(Find("CACHE_DIRECTORY", "/var/cache", "XDG_CACHE_HOME", ".cache"), name);

    /// <summary>What must be remembered.</summary>
    public static string State(string name) =>
        Path.Combine(Find("STATE_DIRECTORY", "/var/lib", "XDG_STATE_HOME", ".local/state"), name);

    /// <summary>What is of no use after the next boot.</summary>
    public static string Runtime(string name) =>
        Path.Combine(Find("RUNTIME_DIRECTORY", "/run", "XDG_RUNTIME_DIR", ".local/state"), name);

    private static string Find(string serviceVariable, string ofRoot, string userVariable, string belowHome)
    {
        // systemd may name several, separated by colons; the first is the service's own.
        if (Value(serviceVariable)?.Split(':')[0] is { } service)
        {
            return service;
        }

        // XDG: a path that is not absolute is to be ignored.
        if (Value(userVariable) is { } user && Path.IsPathRooted(user))
        {
            return Path.Combine(user, Program);
        }

        return DaemonProcess.IsRoot
            ? Path.Combine(ofRoot, Program)
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), belowHome, Program);
    }

    private static string? Value(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
}
