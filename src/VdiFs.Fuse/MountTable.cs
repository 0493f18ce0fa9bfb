using System.Text;

namespace VdiFs.Fuse;

/// <summary>The mounts this process sees (proc(5), /proc/pid/mountinfo). Reading it touches no mount.</summary>
public static class MountTable
{
    private const string TablePath = "/proc/self/mountinfo";
    private const int FieldsBeforeOptional = 6;

    /// <summary>All mounts, in the order they were made: of several at one place the last is the visible one.</summary>
    public static IReadOnlyList<MountTableEntry> Read() => Parse(File.ReadAllText(TablePath));

    /// <summary>The visible mount at a canonical path, or null.</summary>
    public static MountTableEntry? Find(string canonicalPath) =>
        Read().LastOrDefault(entry => entry.MountPoint == canonicalPath);

    /// <summary>Parses the table; lines that are none are left out.</summary>
    internal static IReadOnlyList<MountTableEntry> Parse(string text)
    {
        List<MountTableEntry> entries = [];
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // id parent major:minor root mount-point options [optional fields] - type source super-options
            string[] fields = line.Split(' ');
            int separator = Array.IndexOf(fields, "-", Math.Min(FieldsBeforeOptional, fields.Length));
            if (separator >= FieldsBeforeOptional && fields.Length > separator + 2)
            {
                entries.Add(new MountTableEntry(
                    Unescape(fields[4]), fields[separator + 1], Unescape(fields[separator + 2]), fields[2]));
            }
        }

        return entries;
    }

    /// <summary>Undoes the kernel's \ooo (three octal digits) for space, tab, newline and backslash.</summary>
    internal static string Unescape(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal))
        {
            return field;
        }

        StringBuilder text = new(field.Length);
        for (int index = 0; index < field.Length; index++)
        {
            if (field[index] == '\\' && index + 3 < field.Length
                && IsOctal(field.AsSpan(index + 1, 3), out int character))
            {
                text.Append((char)character);
                index += 3;
            }
            else
            {
                text.Append(field[index]);
            }
        }

        return text.ToString();
    }

    private static bool IsOctal(ReadOnlySpan<char> digits, out int value)
    {
        value = 0;
        foreach (char digit in digits)
        {
            if (digit is < '0' or > '7')
            {
                return false;
            }

            value = (value * 8) + (digit - '0');
        }

        return value < 128;
    }
}
