using System.Runtime.InteropServices;

namespace VdiFs.Fuse.Abi;

/// <summary><c>struct fuse_in_header</c>: starts every request.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct InHeader(
    uint Length,
    FuseOpcode Opcode,
    ulong Unique,
    ulong NodeId,
    uint Uid,
    uint Gid,
    uint Pid,
    ushort TotalExtensionLength,
    ushort Padding)
{
    public const int Size = 40;
}

/// <summary>
/// <c>struct fuse_out_header</c>: starts every reply; <c>error</c> is 0 or a negated errno above -512.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct OutHeader(uint Length, int Error, ulong Unique)
{
    public const int Size = 16;
}

/// <summary><c>struct fuse_interrupt_in</c>: names the request to interrupt.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct InterruptIn(ulong Unique);
