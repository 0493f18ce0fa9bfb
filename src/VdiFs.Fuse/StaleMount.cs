using VdiFs.Fuse.Device;

namespace VdiFs.Fuse;

/// <summary>Mounts whose daemon was killed: listed, and answering ENOTCONN, until somebody unmounts.</summary>
public static class StaleMount
{
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Unmounts what is dead at a path, if it is a mount of this type. Asks the mount with a time limit: never call it
    /// from a thread the mount's own server needs.
    /// </summary>
    /// <param name="canonicalPath">As /proc/self/mountinfo spells it.</param>
    /// <param name="fileSystemType">E.g. "fuse.vdifs"; no other type is touched.</param>
    /// <returns>How many were cleared (mounts can lie on top of each other).</returns>
    /// <exception cref="FuseMountException">There is a living one, or it cannot be unmounted.</exception>
    public static int Clear(string canonicalPath, string fileSystemType)
    {
        int cleared = 0;
        while (MountTable.Find(canonicalPath) is { } mount && mount.FileSystemType == fileSystemType)
        {
            if (!IsDead(canonicalPath))
            {
                throw new FuseMountException(
                    FuseMountErrorKind.Busy,
                    $"{canonicalPath}: already a mount of {mount.Source} ({fileSystemType}); "
                    + $"unmount it first: {(DaemonProcess.IsRoot ? "umount" : "fusermount3 -u")} {canonicalPath}");
            }

            MountPoint.Detach(canonicalPath, lazy: true);
            cleared++;
        }

        return cleared;
    }

    private static bool IsDead(string path)
    {
        // A server that hangs is no dead server; the probe is left behind on its own thread.
        Errno answer = Errno.None;
        Thread probe = new(() => answer = SystemPath.Probe(path)) { IsBackground = true, Name = "mount-probe" };
        probe.Start();
        return probe.Join(ProbeTimeout) && answer is (Errno.ENOTCONN or Errno.ECONNABORTED);
    }
}
