namespace VdiFs.Fuse;

/// <summary>What went wrong with mounting or unmounting.</summary>
public enum FuseMountErrorKind
{
    /// <summary>The mount point does not exist.</summary>
    Missing,

    /// <summary>The mount point is not a directory.</summary>
    NotADirectory,

    /// <summary>The directory has content that the mount would hide.</summary>
    NotEmpty,

    /// <summary>Already a living mount of ours, or held by somebody at unmount.</summary>
    Busy,

    /// <summary>The kernel or fusermount3 refused.</summary>
    NotPermitted,

    /// <summary>/dev/fuse is absent or closed to this user.</summary>
    NoDevice,

    /// <summary>fusermount3 is absent.</summary>
    NoHelper,

    /// <summary>allow_other is not permitted to plain users on this machine.</summary>
    AllowOtherRefused,

    /// <summary>The path to unmount is not a mount of ours.</summary>
    NotMounted,

    /// <summary>The kernel speaks a FUSE protocol this server does not, or did not speak at all.</summary>
    Protocol,

    /// <summary>Anything else; the message has the system's words.</summary>
    Other,
}
