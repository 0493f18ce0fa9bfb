using System.Runtime.InteropServices;

namespace VdiFs.Fuse.Abi;

/// <summary><c>FOPEN_*</c>: how the kernel caches what was opened.</summary>
[Flags]
internal enum FuseOpenFlags : uint
{
    None = 0,
    DirectIo = 1,
    KeepCache = 2,
    CacheDir = 8,
    NoFlush = 32,
    Passthrough = 128,
}

/// <summary><c>struct fuse_open_in</c>: <c>flags</c> are those of open(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct OpenIn(uint Flags, uint FuseFlags);

/// <summary><c>struct fuse_open_out</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct OpenOut(ulong FileHandle, FuseOpenFlags Flags, int BackingId);

/// <summary><c>struct fuse_backing_map</c>, of the ioctl FUSE_DEV_IOC_BACKING_OPEN: flags and padding are 0.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct BackingMap(int Descriptor, uint Flags, ulong Padding);

/// <summary><c>struct fuse_read_in</c>: READ, and READDIR and READDIRPLUS with a cookie as offset.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct ReadIn(
    ulong FileHandle, ulong Offset, uint Size, uint ReadFlags, ulong LockOwner, uint Flags, uint Padding);

/// <summary><c>struct fuse_lseek_in</c>; only SEEK_DATA (3) and SEEK_HOLE (4) are ever sent.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct LseekIn(ulong FileHandle, ulong Offset, uint Whence, uint Padding)
{
    public const uint SeekData = 3;
    public const uint SeekHole = 4;
}

/// <summary><c>struct fuse_lseek_out</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct LseekOut(ulong Offset);

/// <summary><c>struct fuse_dirent</c> without its name, which follows and is padded to 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct Dirent(ulong Ino, ulong NextCookie, uint NameLength, uint Type)
{
    public const int Size = 24;
}

/// <summary>
/// <c>struct fuse_getxattr_in</c>: GETXATTR (a name follows) and LISTXATTR; size 0 asks for the size.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct GetxattrIn(uint Size, uint Padding);

/// <summary><c>struct fuse_getxattr_out</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct GetxattrOut(uint Size, uint Padding);
