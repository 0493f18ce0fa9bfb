using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace VdiFs.Options;

/// <summary>A number of bytes as users write it: 65536, 64K, 4M, 1G, 2T; units are binary.</summary>
internal readonly record struct ByteSize(long Bytes)
{
    private const string Units = "KMGTPE";

    public static bool TryParse(string text, [NotNullWhen(true)] out ByteSize? size)
    {
        size = null;
        string trimmed = text.EndsWith("iB", StringComparison.OrdinalIgnoreCase) ? text[..^2] : text;
        int unit = trimmed.Length == 0
            ? -1
            : Units.IndexOf(char.ToUpperInvariant(trimmed[^1]), StringComparison.Ordinal);
        string digits = unit < 0 ? trimmed : trimmed[..^1];
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
        {
            return false;
        }

        int shift = (unit + 1) * 10;
        if (number > long.MaxValue >> shift)
        {
            return false;
        }

        size = new ByteSize(number << shift);
        return true;
    }

    /// <summary>The size in the largest unit that gives a whole number.</summary>
    public override string ToString()
    {
        long number = Bytes;
        int unit = -1;
        while (number != 0 && number % 1024 == 0 && unit + 1 < Units.Length)
        {
            number /= 1024;
            unit++;
        }

        return number.ToString(CultureInfo.InvariantCulture) + (unit < 0 ? "" : Units[unit].ToString());
    }
}
