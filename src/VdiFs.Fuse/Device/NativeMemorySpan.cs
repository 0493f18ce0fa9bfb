namespace VdiFs.Fuse.Device;

/// <summary>Native memory seen as bytes.</summary>
internal static unsafe class NativeMemorySpan
{
    /// <summary>The caller vouches for the memory's life and length.</summary>
    public static ReadOnlySpan<byte> Of(nint address, int length) => new((void*)address, length);
}
