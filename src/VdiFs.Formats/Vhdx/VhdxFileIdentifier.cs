using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vhdx;

/// <summary>The file type identifier at the start of a VHDX ([MS-VHDX] 2.2.1): a signature and who made it.</summary>
internal static class VhdxFileIdentifier
{
    internal const int Size = 520;

    private static ReadOnlySpan<byte> Signature => "vhdxfile"u8;

    // UTF-16, zeros behind it.
    private static ReadOnlySpan<byte> Creator => "v\0d\0i\0f\0s\0"u8;

    /// <summary>Whether a file starts as a VHDX.</summary>
    internal static bool IsAt(IImageBytes file)
    {
        Span<byte> start = stackalloc byte[Signature.Length];
        start.Clear();
        file.Read(0, start[..(int)Math.Min(start.Length, file.Length)]);
        return start.SequenceEqual(Signature);
    }

    internal static void Write(Span<byte> destination)
    {
        destination = destination[..Size];
        destination.Clear();
        Signature.CopyTo(destination);
        Creator.CopyTo(destination[8..]);
    }
}
