using VdiFs.EndToEnd.Harness;
using VdiFs.Judges.Images;
using VdiFs.Judges.Verdicts;

namespace VdiFs.Judges.Judges;

/// <summary>VBoxManage, which needs no kernel module for it: images, deltas with their parents and appliances are cloned
/// to raw ones.</summary>
internal sealed class VirtualBox : IJudge
{
    public string Name => "VirtualBox";

    public string Tool => "VBoxManage";

    // What is in front of it warns that there is no kernel module.
    public string Version() =>
        $"VirtualBox {Judges.Tool.Run("VBoxManage", "-q", "--version").Output.Trim().Split('\n')[^1]}";

    public bool IsAskedAbout(JudgedImage image) =>
        image.Disk.IsReadWhole
        && (image.Format == WrittenArchives.Appliance || Dialect.Of(image.Format).Qemu is not (null or "raw"));

    public Finding Judge(JudgedImage image, Bench bench)
    {
        string script = Client.PathOf("virtualbox.sh");
        string[] disks =
            [image.Disk.SectorsPath!, .. image.SecondDisk is { } second ? new[] { second.SectorsPath! } : []];
        // It has no word for a raw file that is to be registered.
        string parent = image.Parent is { Format: not "raw" } registered ? registered.Path : "";
        return image.Format == WrittenArchives.Appliance
            ? Judges.Tool.Verdict(["bash", script, "appliance", image.Path, .. disks])
            : Judges.Tool.Verdict("bash", script, "image", image.Path, parent, image.ExpectedPath);
    }
}
