namespace VdiFs.Judges.Judges;

/// <summary>All judges, in the order of the table's columns.</summary>
internal static class JudgeList
{
    public static IReadOnlyList<IJudge> All { get; } =
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
        new VhdLib(),
        new XoVmdkToVhd(),
        new TarAndQemu(),
        new TarAndXxhsum(),
        new VdifsCheck(),
    ];
}
