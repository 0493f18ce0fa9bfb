using System.Globalization;
using System.Text;

namespace VdiFs.Tree;

/// <summary>Turns the name of a disk at its source into the name of a directory, visibly and reversibly.</summary>
internal static class NodeNames
{
    /// <summary>What an empty name shows as.</summary>
    public const string Default = "default";

    // Linux: NAME_MAX, in bytes.
    private const int MaximumBytes = 255;
    private const int SuffixChars = 8;

    /// <summary>Escapes what a file name cannot hold, and the escape's own %, as %XX of UTF-8.</summary>
    public static string Escape(string name)
    {
        if (name.Length == 0)
        {
            return Default;
        }

        var escaped = new StringBuilder(name.Length);
        foreach (Rune rune in name.EnumerateRunes())
        {
            // A leading dot would hide the disk, or be one of the names "." and "..".
            bool leadingDot = escaped.Length == 0 && rune.Value == '.';
            if (leadingDot || rune.Value is '/' or '%' || Rune.IsControl(rune))
            {
                AppendEscaped(escaped, rune);
            }
            else
            {
                escaped.Append(rune.ToString());
            }
        }

        return escaped.ToString();
    }

    /// <summary>The escaped name, with a suffix from the disk's uuid when it is too long or already there.</summary>
    public static string Unique(string name, Guid uuid, Func<string, bool> isTaken)
    {
        string escaped = Escape(name);
        if (Encoding.UTF8.GetByteCount(escaped) <= MaximumBytes && !isTaken(escaped))
        {
            return escaped;
        }

        string suffix = "." + uuid.ToString("N")[..SuffixChars];
        string unique = Shorten(escaped, MaximumBytes - suffix.Length) + suffix;
        return isTaken(unique) ? uuid.ToString() : unique;
    }

    private static void AppendEscaped(StringBuilder escaped, Rune rune)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (byte value in bytes[..rune.EncodeToUtf8(bytes)])
        {
            escaped.Append('%').Append(value.ToString("X2", CultureInfo.InvariantCulture));
        }
    }

    private static string Shorten(string name, int maximumBytes)
    {
        int bytes = 0;
        int chars = 0;
        foreach (Rune rune in name.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > maximumBytes)
            {
                break;
            }

            chars += rune.Utf16SequenceLength;
        }

        return name[..chars];
    }
}
