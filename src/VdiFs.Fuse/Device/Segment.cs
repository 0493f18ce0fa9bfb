using System.Runtime.InteropServices;

namespace VdiFs.Fuse.Device;

/// <summary>
/// <c>struct iovec</c>: one piece of a reply. The memory must not move until the writev has returned.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct Segment(nint Address, nint Length);
