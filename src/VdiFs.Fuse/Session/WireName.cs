using System.Text;
using System.Text.Unicode;

namespace VdiFs.Fuse.Session;

/// <summary>Names in requests: bytes up to a NUL.</summary>
internal static class WireName
{
    /// <summary>NAME_MAX of Linux, in bytes.</summary>
    public const int MaxBytes = 255;

    /// <summary>Reads a name.</summary>
    /// <param name="body">The rest of a request, starting with the name.</param>
    /// <param name="name">The name; null when it is no UTF-8, so no name of ours.</param>
    /// <returns>False when there is no NUL, or nothing before it.</returns>
    public static bool TryRead(ReadOnlySpan<byte> body, out string? name)
    {
        int length = body.IndexOf((byte)0);
        ReadOnlySpan<byte> bytes = body[..Math.Max(0, length)];
        name = Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : null;
        return length > 0;
    }
}
