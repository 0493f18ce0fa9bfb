namespace VdiFs.Judges.Judges;

/// <summary>The judges, in the order of the tables' columns.</summary>
internal static class JudgeList
{
    private static readonly IJudge[] InEveryDebian =
    [
        new QemuCompare(),
        new QemuCheck(),
        new QemuSamples(),
        new QemuConvert(),
        new QemuCommit(),
        new QemuRebase(),
        new SevenZip(),
        new Libyal("libvhdi", "pyvhdi"),
        new Libyal("libvmdk", "pyvmdk"),
        new Libyal("libqcow", "pyqcow"),
        new SleuthKit(),
    ];

    /// <summary>Those of Debian 12, with those of npm and the product's own.</summary>
    public static IReadOnlyList<IJudge> Usual { get; } =
    [
        .. InEveryDebian,
        new VhdLib(),
        new XoVmdkToVhd(),
        new TarAndQemu(),
        new TarAndXxhsum(),
        new VdifsCheck(),
    ];

    /// <summary>Those of Debian sid.</summary>
    public static IReadOnlyList<IJudge> OfSid { get; } = [.. InEveryDebian, new VirtualBox()];
}
