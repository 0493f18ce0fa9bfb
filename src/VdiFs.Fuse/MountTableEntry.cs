namespace VdiFs.Fuse;

/// <summary>One line of /proc/self/mountinfo.</summary>
/// <param name="MountPoint">Where it is mounted, unescaped.</param>
/// <param name="FileSystemType">E.g. "ext4" or "fuse.vdifs".</param>
/// <param name="Source">What was mounted, unescaped.</param>
/// <param name="Device">"major:minor" of st_dev; one connection, one device.</param>
public sealed record MountTableEntry(string MountPoint, string FileSystemType, string Source, string Device);
