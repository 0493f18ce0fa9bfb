namespace VdiFs.Fuse;

/// <summary>What keeps a mount busy.</summary>
/// <param name="ProcessId">The process, or 0 for the kernel (a loop device, another mount).</param>
/// <param name="Command">The process's name, the loop device, or the mount below.</param>
/// <param name="What">How it holds on, e.g. "working directory", "open file NAME", "mapped file NAME".</param>
public sealed record MountHolder(int ProcessId, string Command, string What)
{
    /// <summary>One phrase for a message, e.g. "bash (pid 4711: working directory)".</summary>
    public override string ToString() =>
        ProcessId == 0 ? $"{Command} ({What})" : $"{Command} (pid {ProcessId}: {What})";
}
