using Microsoft.Win32.SafeHandles;

namespace VdiFs.Fuse;

/// <summary>
/// A local file that holds exactly the bytes of a file of the mount, at the same offsets. Where
/// <see cref="FuseMountOptions.Passthrough"/> says so and the kernel can, it reads that file itself: no READ arrives.
/// Belongs to one file of one server. Thread-safe.
/// </summary>
/// <param name="file">Open for reading until the server has ended; stays its maker's.</param>
public sealed class FuseBacking(SafeFileHandle file)
{
    private volatile bool _isPassedThrough;

    /// <summary>The local file.</summary>
    public SafeFileHandle File => file;

    /// <summary>Whether the kernel reads it; false as well while nobody has opened the file of the mount.</summary>
    public bool IsPassedThrough
    {
        get => _isPassedThrough;
        internal set => _isPassedThrough = value;
    }
}
