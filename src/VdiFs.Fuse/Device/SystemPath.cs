using System.Runtime.InteropServices;
using System.Text;

namespace VdiFs.Fuse.Device;

/// <summary>Paths as the kernel's tables spell them.</summary>
internal static unsafe class SystemPath
{
    private const int MaxPathBytes = 4096;

    // The kernel's own limit (MAXSYMLINKS).
    private const int MaxLinks = 40;

    /// <summary>
    /// The path without links, "." and "..". Its last part is not looked at: it may be a mount that is dead or slow.
    /// </summary>
    /// <returns>Null when the directory above does not exist.</returns>
    public static string? Canonicalize(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string? parent = Path.GetDirectoryName(full);
        if (parent is null)
        {
            return full;
        }

        // A link to the mount point is followed first; reading a link asks nothing of what it points to.
        for (int link = 0; link < MaxLinks && ReadLink(full) is { } target; link++)
        {
            full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target, parent));
            parent = Path.GetDirectoryName(full) ?? full;
        }

        return Resolve(parent) is { } resolved ? Path.Combine(resolved, Path.GetFileName(full)) : null;
    }

    /// <summary>Where a symbolic link points to, as text; null when it is none or cannot be read.</summary>
    public static string? ReadLink(string path)
    {
        byte* buffer = stackalloc byte[MaxPathBytes];
        nint length = LibC.ReadLink(path, buffer, MaxPathBytes);
        return length < 0 ? null : Encoding.UTF8.GetString(buffer, (int)length);
    }

    /// <summary>statfs(2): reaches the file system behind a path.</summary>
    public static Errno Probe(string path)
    {
        const int plentyForStatfs = 512;
        byte* buffer = stackalloc byte[plentyForStatfs];
        return LibC.Statfs(path, buffer) == 0 ? Errno.None : LibC.LastError;
    }

    /// <summary>
    /// A program's absolute path, from the absolute directories of PATH alone; null when there is none.
    /// </summary>
    public static string? FindProgram(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin")
            .Split(':')
            .Where(directory => directory.StartsWith('/'))
            .Select(directory => Path.Combine(directory, name))
            .FirstOrDefault(File.Exists);

    private static string? Resolve(string path)
    {
        byte* resolved = LibC.RealPath(path, null);
        if (resolved is null)
        {
            return null;
        }

        string text = Marshal.PtrToStringUTF8((nint)resolved)!;
        LibC.Free(resolved);
        return text;
    }
}
