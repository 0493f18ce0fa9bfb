namespace VdiFs.Disks;

/// <summary>What went wrong with a disk or its source.</summary>
public enum DiskErrorKind
{
    /// <summary>The source or an option for it is written wrongly; the message says what is expected.</summary>
    BadSource,

    /// <summary>The image, server or export does not exist.</summary>
    NotFound,

    /// <summary>This user may not read the image, or the server is not proven to be the right one.</summary>
    NotPermitted,

    /// <summary>The server cannot be reached, or went away.</summary>
    Unreachable,

    /// <summary>Another disk answers in the place of the one that was opened; nothing of it may be read.</summary>
    Changed,

    /// <summary>The server or file system answered a read with an error.</summary>
    ReadFailed,

    /// <summary>Somebody at the source has cancelled what the reader was doing.</summary>
    Cancelled,

    /// <summary>A tool that the source needs is not installed.</summary>
    MissingTool,

    /// <summary>The disk takes more memory than the mount may use.</summary>
    OutOfMemory,

    /// <summary>The kind of source is known but not supported by this version.</summary>
    Unsupported,
}

/// <summary>A disk or source failed. The message is one line: what failed, why, and what to do.</summary>
public sealed class DiskException(DiskErrorKind kind, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>What went wrong.</summary>
    public DiskErrorKind Kind { get; } = kind;
}
