using System.ComponentModel;
using System.Runtime.InteropServices;

namespace VdiFs.Fuse.Device;

/// <summary>
/// Zeros for every reply: an anonymous mapping that is never written, so that all of it is the kernel's one zero
/// page, and read-only, so that nobody can make it anything else.
/// </summary>
internal static class ZeroMapping
{
    /// <summary>Length of the mapping in bytes.</summary>
    public const int Length = 1 << 20;

    private const int ProtectRead = 1;
    private const int MapPrivateAnonymous = 0x22;

    /// <summary>The first zero.</summary>
    public static nint Address { get; } = Map();

    private static nint Map()
    {
        nint address = LibC.MapMemory(0, Length, ProtectRead, MapPrivateAnonymous, -1, 0);
        if (address == -1)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "cannot map the zero page");
        }

        return address;
    }
}
