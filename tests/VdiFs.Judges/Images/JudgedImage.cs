using VdiFs.Judges.Disks;

namespace VdiFs.Judges.Images;

/// <summary>An image put before the judges.</summary>
/// <param name="Format">The format's name in the product.</param>
/// <param name="Path">The file.</param>
/// <param name="Disk">What must be in it.</param>
/// <param name="Parent">What it is a delta of; null when it stands alone.</param>
internal sealed record JudgedImage(string Format, string Path, JudgedDisk Disk, ParentFile? Parent = null)
{
    /// <summary>In an archive of a machine: its other disk.</summary>
    public JudgedDisk? SecondDisk { get; init; }

    /// <summary>What it is called in the table.</summary>
    public string Kind => (SecondDisk, Parent) switch
    {
        (not null, _) => $"{Format} of two disks",
        (_, null) => Format,
        _ => Parent.Format == Format ? $"{Format} delta" : $"{Format} delta of {Parent.Format}",
    };

    public string Directory => System.IO.Path.GetDirectoryName(Path)!;

    /// <summary>The disk as this image holds it: all formats but raw end with a whole sector.</summary>
    public string ExpectedPath => Format == "raw" ? Disk.RawPath! : Disk.SectorsPath!;
}
