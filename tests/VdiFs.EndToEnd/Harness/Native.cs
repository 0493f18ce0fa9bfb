using System.Runtime.InteropServices;

namespace VdiFs.EndToEnd.Harness;

/// <summary>The few system calls that .NET does not offer.</summary>
internal static partial class Native
{
    public const int Sigint = 2;
    public const int Sigkill = 9;
    public const int Sigterm = 15;
    public const int Sigcont = 18;
    public const int Sigstop = 19;
    public const int Sigtstp = 20;
    public const int SeekData = 3;
    public const int SeekHole = 4;
    public const int Enxio = 6;
    public const int FadviseDontNeed = 4;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    /// <summary>Gives the error's number, not -1.</summary>
    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    public static partial int Advise(SafeHandle file, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    public static partial long Seek(SafeHandle file, long offset, int whence);
}
