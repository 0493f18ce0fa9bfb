using System.Runtime.InteropServices;

namespace VdiFs.Chaos.Content;

/// <summary>
/// The bytes of a disk as a function of its seed and the place: every page of 4 KiB names its disk and its number, so
/// that
/// a page found anywhere tells where it belongs. About 40 % of the disk is data, in units of 256 KiB.
/// </summary>
internal static class PageCode
{
    public const int PageSize = 4096;
    public const int UnitSize = 256 << 10;
    private const int DataPercent = 40;
    private const ulong Magic = 0x3147_5046_4944_56FF;
    private const ulong Golden = 0x9E37_79B9_7F4A_7C15;

    /// <summary>Whether the disk has data there; the rest is a hole.</summary>
    public static bool IsData(ulong seed, long diskOffset) =>
        Mix(seed ^ Mix((ulong)(diskOffset / UnitSize))) % 100 < DataPercent;

    /// <summary>Writes the page of this number, zeros for a hole.</summary>
    public static void Write(ulong seed, long pageNumber, Span<byte> page)
    {
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(page);
        if (!IsData(seed, pageNumber * PageSize))
        {
            words.Clear();
            return;
        }

        ulong state = Mix(seed ^ ((ulong)pageNumber * Golden));
        for (int i = 3; i < words.Length; i++)
        {
            state += Golden;
            words[i] = state ^ (state >> 29);
        }

        words[0] = Magic;
        words[1] = seed;
        words[2] = (ulong)pageNumber;
    }

    /// <summary>Says in words what a page that should not be there is.</summary>
    public static string Name(ReadOnlySpan<byte> page)
    {
        if (!page.ContainsAnyExcept((byte)0))
        {
            return "zeros";
        }

        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(page);
        return words.Length > 2 && words[0] == Magic
            ? $"page {words[2]} of disk {words[1]:x}"
            : "no page of any disk";
    }

    private static ulong Mix(ulong value)
    {
        value += Golden;
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
        return value ^ (value >> 31);
    }
}
