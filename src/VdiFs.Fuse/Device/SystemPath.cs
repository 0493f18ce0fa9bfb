using System.Runtime.InteropServices;

namespace VdiFs.Fuse.Device;

/// <summary>Paths as the kernel's tables spell them.</summary>
internal static unsafe class SystemPath
{
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
        string? target = File.ResolveLinkTarget(full, returnFinalTarget: false)?.FullName;
        if (target is not null)
        {
            return Resolve(target);
        }

        return Resolve(parent) is { } resolved ? Path.Combine(resolved, Path.GetFileName(full)) : null;
    }

    /// <summary>statfs(2): reaches the file system behind a path.</summary>
    public static Errno Probe(string path)
    {
        const int plentyForStatfs = 512;
        byte* buffer = stackalloc byte[plentyForStatfs];
        return LibC.Statfs(path, buffer) == 0 ? Errno.None : LibC.LastError;
    }

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
