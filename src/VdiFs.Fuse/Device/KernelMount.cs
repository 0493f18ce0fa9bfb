namespace VdiFs.Fuse.Device;

/// <summary>mount(2) and umount2(2), for those who may.</summary>
internal static class KernelMount
{
    private const int ReadOnlyNoSetUidNoDevices = 1 | 2 | 4;
    private const int ForceFlag = 1;
    private const int DetachFlag = 2;
    private const int NoFollowFlag = 8;

    /// <summary>Opens /dev/fuse and mounts it.</summary>
    public static FuseDevice Mount(string canonicalPath, FuseMountOptions options)
    {
        FuseDevice device = FuseDevice.TryOpen(out Errno error) ?? throw DeviceError(error);
        string data = $"fd={device.Handle.DangerousGetHandle()},rootmode=40000"
            + $",user_id={LibC.EffectiveUser()},group_id={LibC.EffectiveGroup()},default_permissions"
            + (options.AllowOther ? ",allow_other" : "");
        int mounted = LibC.Mount(
            options.FileSystemName, canonicalPath, options.FileSystemType, ReadOnlyNoSetUidNoDevices, data);
        if (mounted == 0)
        {
            return device;
        }

        error = LibC.LastError;
        device.Dispose();
        throw error switch
        {
            Errno.EPERM or Errno.EACCES => new FuseMountException(
                FuseMountErrorKind.NotPermitted,
                $"{canonicalPath}: mounting is not permitted here; "
                + "in a container add --cap-add SYS_ADMIN --device /dev/fuse"),
            Errno.ENODEV => new FuseMountException(
                FuseMountErrorKind.NoDevice, "this kernel has no FUSE; load it: modprobe fuse"),
            _ => new FuseMountException(
                FuseMountErrorKind.Other, $"{canonicalPath}: mount(2) failed: {LibC.Describe(error)}"),
        };
    }

    public static void Unmount(string canonicalPath, bool lazy)
    {
        if (LibC.Unmount(canonicalPath, NoFollowFlag | (lazy ? DetachFlag : 0)) == 0)
        {
            return;
        }

        Errno error = LibC.LastError;
        throw error switch
        {
            Errno.EBUSY => MountPoint.BusyError(canonicalPath),
            Errno.EINVAL or Errno.ENOENT => new FuseMountException(
                FuseMountErrorKind.NotMounted, $"{canonicalPath}: not mounted any more"),
            Errno.EPERM => new FuseMountException(
                FuseMountErrorKind.NotPermitted, $"{canonicalPath}: unmounting is not permitted to this user"),
            _ => new FuseMountException(
                FuseMountErrorKind.Other, $"{canonicalPath}: umount2(2) failed: {LibC.Describe(error)}"),
        };
    }

    /// <summary>Ends the connection of a mount (umount2 MNT_FORCE): all callers get an error.</summary>
    /// <returns>False when somebody holds the mount: it stays, dead.</returns>
    public static bool TryAbort(string canonicalPath) =>
        LibC.Unmount(canonicalPath, NoFollowFlag | ForceFlag) == 0;

    /// <summary>What a person has to do about /dev/fuse.</summary>
    public static FuseMountException DeviceError(Errno error) => error switch
    {
        Errno.ENOENT or Errno.ENODEV or Errno.ENXIO => new FuseMountException(
            FuseMountErrorKind.NoDevice,
            "/dev/fuse is absent; load it with `modprobe fuse`, or in a container add --device /dev/fuse"),
        Errno.EACCES or Errno.EPERM => new FuseMountException(
            FuseMountErrorKind.NoDevice,
            "/dev/fuse is closed to this user; `apt install fuse3` opens it (mode 0666), "
            + "in a container add --device /dev/fuse"),
        _ => new FuseMountException(FuseMountErrorKind.NoDevice, $"/dev/fuse cannot be opened: {LibC.Describe(error)}"),
    };
}
