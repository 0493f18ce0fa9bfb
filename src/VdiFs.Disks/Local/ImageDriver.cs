namespace VdiFs.Disks.Local;

/// <summary>Which of qemu's drivers reads a local image.</summary>
/// <remarks>The file's name decides, never its content: the content of a raw image belongs to the guest, who could
/// write another format's header there and have the host open a backing file of the guest's choice.</remarks>
internal static class ImageDriver
{
    /// <summary>qemu's name for VHD.</summary>
    public const string Vhd = "vpc";

    private static readonly Dictionary<string, string> ByExtension = new(StringComparer.OrdinalIgnoreCase)
    {
        [".qcow2"] = "qcow2",
        [".vdi"] = "vdi",
        [".vhd"] = Vhd,
        [".vhdx"] = "vhdx",
        [".vmdk"] = "vmdk",
    };

    /// <summary>qemu's name for the image's format, or null for a raw image, which needs no driver.</summary>
    public static string? For(string path) => ByExtension.GetValueOrDefault(Path.GetExtension(path));
}
