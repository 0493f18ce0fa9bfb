namespace VdiFs.Disks;

/// <summary>Files and directories that only this user may write to, and, where they hold secrets, read.</summary>
internal static class PrivateFiles
{
    /// <summary>How the name of a file ends that was not written to its end.</summary>
    public const string UnfinishedExtension = ".new";

    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode DirectoryMode = FileMode | UnixFileMode.UserExecute;
    private const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>Makes a directory, and those above it, for this user alone; leaves one that is there as it
    /// is.</summary>
    public static void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            // A user's own directories are private there.
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, DirectoryMode);
        }
    }

    /// <summary>Whether nobody else may put something into a directory.</summary>
    public static bool IsOurs(string directory) =>
        OperatingSystem.IsWindows() || (File.GetUnixFileMode(directory) & WritableByOthers) == 0;

    /// <summary>Writes a file that nobody else can read, whole or not at all, in place of one that may be
    /// there.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        string unfinished = $"{path}.{Guid.NewGuid():N}{UnfinishedExtension}";
        FileStreamOptions options = new() { Mode = System.IO.FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = FileMode;
        }

        try
        {
            using (FileStream file = new(unfinished, options))
            {
                file.Write(content);
            }

            File.Move(unfinished, path, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }
}
