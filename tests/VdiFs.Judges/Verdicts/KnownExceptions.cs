using VdiFs.Judges.Images;

namespace VdiFs.Judges.Verdicts;

/// <summary>All that is known of wrong judges, in one place. Everything else must be judged equal.</summary>
internal static class KnownExceptions
{
    private static readonly string[] Qemu = ["qemu-img compare", "qemu-img check"];

    public static IReadOnlyList<KnownException> All { get; } =
    [
        new(
            ["qemu-img compare"], "VHD deltas", image => IsDelta(image, "vhd", "packed.vhd") && image.Parent!.IsSeen,
            Verdict.Differs,
            "it knows no parent of a VHD: where the parent's data is, it reads zeros, without an error"),
        new(
            Qemu, "VHDX deltas", image => IsDelta(image, "vhdx"), Verdict.Refused, "it knows no parent of a VHDX"),
        new(
            Qemu, "VDI deltas", image => IsDelta(image, "vdi"), Verdict.Refused, "it knows no parent of a VDI"),
        new(
            ["qemu-img rebase"], "VMDK deltas", image => IsDelta(image, "vmdk"), Verdict.Refused,
            "it cannot rebase VMDKs; `qemu-img convert` and `commit` do"),
        new(
            ["7z"], "VMDK deltas", image => IsDelta(image, "vmdk"), Verdict.Refused, "it knows no parent of a VMDK"),
        new(
            ["7z"], "QCOW2 deltas", image => IsDelta(image, "qcow2"), Verdict.Refused, "it knows no backing file"),
        new(
            ["7z"], "VHDX of an odd number of sectors",
            image => image.Format == "vhdx" && image.Disk.SectorsLength % 1024 != 0,
            Verdict.Refused, "it wants whole KiB, where the specification wants whole sectors"),
        new(
            ["7z"], "VDI deltas", image => IsDelta(image, "vdi"), Verdict.Refused, "it knows no parent of a VDI"),
        new(
            ["vhd-lib"], "VHD deltas of fixed VHDs", image => image.Parent?.Format == "fixed.vhd", Verdict.Refused,
            "it merges into dynamic and differencing VHDs only"),
        new(
            ["vhd-lib"], "fixed VHDs", image => image.Format == "fixed.vhd", Verdict.Refused,
            "it reads dynamic and differencing VHDs only"),
        new(
            ["VirtualBox"], "QCOW2 deltas", image => IsDelta(image, "qcow2") && image.Parent!.IsSeen, Verdict.Differs,
            "it never opens the backing file: where that has data, it shows other bytes, without an error"),
        new(
            ["VirtualBox"], "VHDX deltas", image => IsDelta(image, "vhdx"), Verdict.Refused,
            "it knows no parent of a VHDX"),
    ];

    /// <summary>The exception for this verdict's place; null where equality is expected.</summary>
    public static KnownException? For(string judge, JudgedImage image) =>
        All.SingleOrDefault(known => known.Judges.Contains(judge) && known.Matches(image));

    private static bool IsDelta(JudgedImage image, params string[] formats) =>
        image.Parent is not null && formats.Contains(image.Format);
}
