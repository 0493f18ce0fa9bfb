namespace VdiFs.Fuse;

/// <summary>
/// Thrown by a file system to answer one request with an error. The caller of the system call sees only
/// <see cref="Errno"/>; the message is for the log.
/// </summary>
/// <param name="errno">The answer, 1 to 511.</param>
/// <param name="message">What failed and why, one line.</param>
/// <param name="inner">The cause below, or null.</param>
public sealed class FuseException(Errno errno, string message, Exception? inner) : Exception(message, inner)
{
    /// <summary>The error number the caller sees.</summary>
    public Errno Errno { get; } = errno;
}
