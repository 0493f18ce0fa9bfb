using System.ComponentModel;

namespace VdiFs.Fuse.Device;

/// <summary>What a process does to become a daemon once it has been started as a child of its own.</summary>
public static class DaemonProcess
{
    private const string NullDevice = "/dev/null";

    // 0600
    private const uint OwnerOnly = 0x180;

    /// <summary>True for the superuser (effective user id 0), also inside a user namespace.</summary>
    public static bool IsRoot => LibC.EffectiveUser() == 0;

    /// <summary>
    /// Leaves the terminal: own session, working directory "/", standard input and output to /dev/null, standard error
    /// to a log file or /dev/null. Call it when the mount is ready and everything was said to the one who started us.
    /// </summary>
    /// <param name="logFile">Appended to, made with mode 0600; null = none. An absolute path.</param>
    /// <exception cref="Win32Exception">A file cannot be opened; nothing was changed then.</exception>
    public static void Detach(string? logFile)
    {
        int nothing = OpenOrThrow(NullDevice, LibC.OpenReadWrite);
        int log = logFile is null ? nothing : OpenOrThrow(logFile, LibC.OpenWriteAppendCreate);

        // Fails only for a process that leads a group already, which is as good.
        _ = LibC.SetSession();
        Environment.CurrentDirectory = "/";
        _ = LibC.Duplicate(nothing, 0);
        _ = LibC.Duplicate(nothing, 1);
        _ = LibC.Duplicate(log, 2);
        _ = LibC.Close(nothing);
        if (log != nothing)
        {
            _ = LibC.Close(log);
        }
    }

    private static int OpenOrThrow(string path, int flags)
    {
        int descriptor = LibC.Open(path, flags | LibC.OpenCloseOnExec, OwnerOnly);
        if (descriptor < 0)
        {
            throw new Win32Exception((int)LibC.LastError, $"cannot open {path}: {LibC.Describe(LibC.LastError)}");
        }

        return descriptor;
    }
}
