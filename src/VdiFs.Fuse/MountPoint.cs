using VdiFs.Fuse.Device;

namespace VdiFs.Fuse;

/// <summary>Mount points from the outside: unmounting, and who is in the way.</summary>
public static class MountPoint
{
    /// <summary>The type of our mounts in /proc/self/mountinfo.</summary>
    public const string FileSystemType = "fuse.vdifs";

    /// <summary>Unmounts a mount of ours: by umount2(2) as root, else through fusermount3.</summary>
    /// <param name="path">The mount point as a person writes it.</param>
    /// <param name="lazy">Detach at once, and let those who use it finish.</param>
    /// <exception cref="FuseMountException">Not a mount of ours; busy (says who holds it); not permitted.</exception>
    public static void Unmount(string path, bool lazy)
    {
        string? canonical = SystemPath.Canonicalize(path);
        MountTableEntry? mount = canonical is null ? null : MountTable.Find(canonical);
        if (canonical is null || mount?.FileSystemType != FileSystemType)
        {
            string found = mount is null ? "nothing is mounted there" : $"it is a mount of type {mount.FileSystemType}";
            throw new FuseMountException(
                FuseMountErrorKind.NotMounted,
                $"{path}: not a vdifs mount ({found}); `findmnt -t {FileSystemType}` lists them");
        }

        Detach(canonical, lazy);
    }

    /// <summary>
    /// What keeps a mount busy, at most sixteen of them; without root only one's own processes are seen.
    /// Asks nothing of the mount, so its own server may call it.
    /// </summary>
    public static IReadOnlyList<MountHolder> FindHolders(string path) =>
        SystemPath.Canonicalize(path) is { } canonical ? HolderSearch.Find(canonical) : [];

    /// <summary>Unmounts whatever is at a canonical path.</summary>
    internal static void Detach(string canonicalPath, bool lazy)
    {
        if (LibC.EffectiveUser() == 0)
        {
            KernelMount.Unmount(canonicalPath, lazy);
        }
        else
        {
            HelperMount.Unmount(canonicalPath, lazy);
        }
    }

    /// <summary>The error of an unmount that met users.</summary>
    internal static FuseMountException BusyError(string canonicalPath)
    {
        List<MountHolder> holders = HolderSearch.Find(canonicalPath);
        string who = holders.Count == 0 ? "a process this user cannot see" : string.Join(", ", holders);
        return new FuseMountException(
            FuseMountErrorKind.Busy,
            $"{canonicalPath}: busy, in use by {who}; end that first, or unmount lazily (umount -l, fusermount3 -uz)");
    }
}
