namespace VdiFs.Formats;

/// <summary>Arithmetic on sectors, which are 512 bytes, always.</summary>
internal static class Sector
{
    internal const int Bytes = 512;

    /// <summary>Sectors that it takes to hold <paramref name="length"/> bytes.</summary>
    internal static long Count(long length) => DivideUp(length, Bytes);

    /// <summary><paramref name="value"/> / <paramref name="divisor"/>, rounded up; the value is 0 or more.</summary>
    internal static long DivideUp(long value, long divisor) => value == 0 ? 0 : (value - 1) / divisor + 1;

    /// <summary>The next multiple of <paramref name="alignment"/>, or the value itself if it is one.</summary>
    internal static long RoundUp(long value, long alignment) => DivideUp(value, alignment) * alignment;
}
