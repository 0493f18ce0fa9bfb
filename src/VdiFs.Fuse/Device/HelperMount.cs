using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace VdiFs.Fuse.Device;

/// <summary>
/// fusermount3, the set-uid helper for plain users: it mounts and sends the descriptor back over a socket
/// (libfuse, lib/mount.c).
/// </summary>
internal static class HelperMount
{
    private const string Helper = "fusermount3";
    private const string SocketVariable = "_FUSE_COMMFD";
    private static readonly TimeSpan HelperTimeout = TimeSpan.FromSeconds(30);

    public static FuseDevice Mount(string canonicalPath, FuseMountOptions options)
    {
        (SafeFileHandle ours, int theirs) = DescriptorSocket.CreatePair();
        using (ours)
        {
            string list = "ro,nosuid,nodev,default_permissions"
                + $",fsname={Escape(options.FileSystemName)},subtype={options.Subtype}"
                + (options.AllowOther ? ",allow_other" : "");
            (int exitCode, string error) result;
            try
            {
                result = Run(theirs, "-o", list, "--", canonicalPath);
            }
            finally
            {
                _ = LibC.Close(theirs);
            }

            // It has ended, so the descriptor is in the socket or never will be.
            if (result.exitCode == 0 && DescriptorSocket.Receive(ours) is { } descriptor)
            {
                return new FuseDevice(descriptor);
            }

            throw Explain(canonicalPath, result.error);
        }
    }

    public static void Unmount(string canonicalPath, bool lazy)
    {
        (int exitCode, string error) = lazy
            ? Run(-1, "-u", "-z", "--", canonicalPath)
            : Run(-1, "-u", "--", canonicalPath);
        if (exitCode == 0)
        {
            return;
        }

        if (error.Contains("busy", StringComparison.OrdinalIgnoreCase))
        {
            throw MountPoint.BusyError(canonicalPath);
        }

        FuseMountErrorKind kind = error.Contains("not found in /etc/mtab", StringComparison.Ordinal)
            || error.Contains("not mounted", StringComparison.Ordinal)
            ? FuseMountErrorKind.NotMounted
            : FuseMountErrorKind.NotPermitted;
        throw new FuseMountException(kind, $"{canonicalPath}: {error}; only its owner and root can unmount it");
    }

    private static (int ExitCode, string Error) Run(int socket, params ReadOnlySpan<string> arguments)
    {
        // By its whole path: .NET would take a file of that name in the current directory, whoever put it there.
        string program = SystemPath.FindProgram(Helper) ?? throw Absent();
        ProcessStartInfo start = new(program) { RedirectStandardError = true, UseShellExecute = false };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        if (socket >= 0)
        {
            start.Environment[SocketVariable] = socket.ToString(CultureInfo.InvariantCulture);
        }

        try
        {
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync(CancellationToken.None);
            if (!process.WaitForExit(HelperTimeout))
            {
                process.Kill();
                return (1, $"{Helper} did not end within {HelperTimeout.TotalSeconds:0} s");
            }

            return (process.ExitCode, Clean(error.GetAwaiter().GetResult()));
        }
        catch (Win32Exception)
        {
            throw Absent();
        }
    }

    private static FuseMountException Absent() => new(
        FuseMountErrorKind.NoHelper, $"{Helper} is absent, and only root can mount without it: apt install fuse3");

    private static FuseMountException Explain(string canonicalPath, string error)
    {
        if (error.Contains("user_allow_other", StringComparison.Ordinal))
        {
            return new FuseMountException(
                FuseMountErrorKind.AllowOtherRefused,
                "--allow-other is refused to plain users here; write the line user_allow_other into /etc/fuse.conf");
        }

        if (error.Contains("/dev/fuse", StringComparison.Ordinal)
            || error.Contains("fuse device", StringComparison.Ordinal))
        {
            return KernelMount.DeviceError(File.Exists("/dev/fuse") ? Errno.EACCES : Errno.ENOENT);
        }

        return new FuseMountException(
            FuseMountErrorKind.NotPermitted,
            $"{canonicalPath}: {(error.Length == 0 ? $"{Helper} sent no descriptor" : error)}; "
            + "the mount point must belong to this user");
    }

    /// <summary>One line, without the helper's own name.</summary>
    private static string Clean(string error) =>
        error.Trim().Split('\n')[^1].Replace(Helper + ": ", "", StringComparison.Ordinal);

    /// <summary>A comma ends an option, a backslash protects it (util/fusermount.c).</summary>
    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal);
}
