using System.Runtime.InteropServices;

namespace VdiFs.Fuse.Abi;

/// <summary><c>enum fuse_notify_code</c>: travels in a header with unique 0, where a reply has its error.</summary>
internal enum FuseNotifyCode
{
    InvalidateInode = 2,
    InvalidateEntry = 3,
}

/// <summary>
/// <c>struct fuse_notify_inval_inode_out</c>: a negative offset forgets the attributes alone, a length of 0 reaches to
/// the end.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct NotifyInvalidateInodeOut(ulong Node, long Offset, long Length);

/// <summary><c>struct fuse_notify_inval_entry_out</c>: the name and a NUL follow, which its length leaves
/// out.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct NotifyInvalidateEntryOut(ulong Parent, uint NameLength, uint Flags);
