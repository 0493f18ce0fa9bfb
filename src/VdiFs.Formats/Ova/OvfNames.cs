namespace VdiFs.Formats.Ova;

/// <summary>
/// Names of an appliance's files: letters, digits and a few signs, which archive and descriptor write without escaping,
/// short enough for every tar. A number per disk makes them unique.
/// </summary>
internal static class OvfNames
{
    // With "-disk60.vmdk" behind it far below the 99 of a tar header.
    private const int MaxBaseName = 64;

    private const string NameOfNobody = "machine";

    /// <summary>What all files of a machine begin with.</summary>
    internal static string BaseName(string machineName)
    {
        string name = new([.. machineName.Take(MaxBaseName).Select(letter => IsPlain(letter) ? letter : '_')]);
        // No hidden files, no options.
        name = name.TrimStart('.', '-').TrimEnd('.');
        return name.Trim('_').Length == 0 ? NameOfNobody : name;
    }

    internal static string DescriptorFile(string baseName) => baseName + ".ovf";

    internal static string DiskFile(string baseName, int disk) => $"{baseName}-disk{disk + 1}.vmdk";

    private static bool IsPlain(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_';
}
