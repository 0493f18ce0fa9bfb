namespace VdiFs.Disks.Store;

/// <summary>Which names the store uses: in its directory one of each disk, and in that the disk's segments. Nothing else
/// that may be there is ever touched, and links are not followed.</summary>
internal static class StoreDirectory
{
    private const string Extension = ".blocks";
    private const int DiskNameChars = 32;

    private static readonly EnumerationOptions NoLinks = new()
    {
        AttributesToSkip = FileAttributes.ReparsePoint,
        IgnoreInaccessible = true,
        RecurseSubdirectories = false,
    };

    /// <summary>Where the segments of a disk are.</summary>
    public static string OfDisk(string directory, string disk) => Path.Combine(directory, disk);

    /// <summary>Makes the place of a disk's segments, for this user alone.</summary>
    /// <exception cref="IOException">The store's directory is gone, or there is something else in its place.</exception>
    public static void CreateOfDisk(string directory, string disk)
    {
        string folder = OfDisk(directory, disk);
        if (!Directory.Exists(directory))
        {
            // Made anew it might lie on another file system than the one that somebody chose.
            throw new DirectoryNotFoundException($"{directory} is not there any more");
        }

        PrivateFiles.CreateDirectory(folder);
        if (new DirectoryInfo(folder).LinkTarget is not null || !PrivateFiles.IsOurs(folder))
        {
            throw new IOException($"{folder} is a link, or others may write to it");
        }
    }

    /// <summary>A name for a new segment: of two segments the later one's is the greater.</summary>
    public static string NewSegment(string directory, string disk, DateTimeOffset now) =>
        Path.Combine(OfDisk(directory, disk), Guid.CreateVersion7(now).ToString("N") + Extension);

    /// <summary>The segments of one disk, the oldest first.</summary>
    public static IReadOnlyList<FileInfo> SegmentsOf(string directory, string disk)
    {
        DirectoryInfo folder = new(OfDisk(directory, disk));
        return folder.Exists && folder.LinkTarget is null
            ? [.. SegmentsIn(folder).OrderBy(file => file.Name, StringComparer.Ordinal)]
            : [];
    }

    /// <summary>The segments of all disks.</summary>
    public static IReadOnlyList<FileInfo> AllSegments(string directory) =>
    [
        .. new DirectoryInfo(directory).EnumerateDirectories("*", NoLinks)
            .Where(folder => IsHex(folder.Name, DiskNameChars))
            .SelectMany(SegmentsIn),
    ];

    /// <summary>Deletes a segment, and its disk's directory with the last one.</summary>
    public static void Delete(FileInfo segment)
    {
        segment.Delete();
        try
        {
            segment.Directory!.Delete();
        }
        catch (IOException)
        {
            // It has others, or somebody's own files.
        }
    }

    // One that disappears while it is looked at was another mount's to delete.
    private static FileInfo[] SegmentsIn(DirectoryInfo folder)
    {
        try
        {
            return
            [
                .. folder.EnumerateFiles("*" + Extension, NoLinks)
                    .Where(file => IsHex(Path.GetFileNameWithoutExtension(file.Name), DiskNameChars) && file.Exists),
            ];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private static bool IsHex(string name, int length) => name.Length == length && name.All(char.IsAsciiHexDigitLower);
}
