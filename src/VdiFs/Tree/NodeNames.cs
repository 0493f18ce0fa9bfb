using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace VdiFs.Tree;

/// <summary>Turns names at the source into names of files and directories, visibly and reversibly.</summary>
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

    /// <summary>
    /// Names siblings. Each gets its escaped name; those of a kind that would have the same one, or one that is too
    /// long, get a suffix from what they stand for, all of them: which name means which of them does not depend on the
    /// order they come in, nor on what else comes and goes. Documents choose before folders, and these before disks.
    /// </summary>
    /// <param name="siblings">Every sibling's key and its name at the source.</param>
    /// <returns>The names, in the same order.</returns>
    public static string[] Assign(IReadOnlyList<(SiblingKey Key, string Name)> siblings)
    {
        string[] names = new string[siblings.Count];
        var taken = new HashSet<string>(siblings.Count, StringComparer.Ordinal);
        foreach (SiblingKind kind in Enum.GetValues<SiblingKind>())
        {
            int[] ofKind = [.. Enumerable.Range(0, siblings.Count).Where(index => siblings[index].Key.Kind == kind)];
            int[] clashing = Claim(ofKind, index => Escape(siblings[index].Name), names, taken);
            clashing = Claim(
                clashing, index => WithSuffix(Escape(siblings[index].Name), siblings[index].Key), names, taken);
            foreach (int index in clashing)
            {
                names[index] = Whole(siblings[index].Key, taken);
            }
        }

        return names;
    }

    // Gives each its name if that is short enough and nobody else's; returns the others.
    private static int[] Claim(int[] siblings, Func<int, string> nameOf, string[] names, HashSet<string> taken)
    {
        var wanted = new Dictionary<string, int>(siblings.Length, StringComparer.Ordinal);
        foreach (int index in siblings)
        {
            names[index] = nameOf(index);
            wanted[names[index]] = wanted.GetValueOrDefault(names[index]) + 1;
        }

        return
        [
            .. siblings.Where(index =>
                wanted[names[index]] > 1
                || Encoding.UTF8.GetByteCount(names[index]) > MaximumBytes
                || !taken.Add(names[index])),
        ];
    }

    private static string WithSuffix(string escaped, SiblingKey key)
    {
        string suffix = "." + IdentityOf(key).ToString("N")[..SuffixChars];
        return Shorten(escaped, MaximumBytes - suffix.Length) + suffix;
    }

    // Somebody who takes even this name on purpose gets as far as a longer one.
    private static string Whole(SiblingKey key, HashSet<string> taken)
    {
        string name = IdentityOf(key).ToString();
        while (!taken.Add(name))
        {
            name += "~";
        }

        return name;
    }

    private static Guid IdentityOf(SiblingKey key)
    {
        if (key.Kind == SiblingKind.Disk)
        {
            return key.Disk;
        }

        Span<byte> hash = stackalloc byte[16];
        XxHash128.Hash(Encoding.UTF8.GetBytes(key.Text), hash);
        return Guid.TryParse(key.Text, out Guid uuid) ? uuid : new Guid(hash, bigEndian: true);
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
