namespace VdiFs.Judges.Judges;

/// <summary>What judges call a format; null for what they do not know.</summary>
internal sealed record Dialect(string? Qemu, string? SevenZip, string? Libyal)
{
    private static readonly Dictionary<string, Dialect> All = new()
    {
        ["raw"] = new("raw", null, null),
        ["vhd"] = new("vpc", "VHD", "pyvhdi"),
        ["packed.vhd"] = new("vpc", "VHD", "pyvhdi"),
        ["fixed.vhd"] = new("vpc", "VHD", "pyvhdi"),
        // A directory: VdifsCheck reads it by its alias.
        ["blocks"] = new(null, null, null),
        ["vmdk"] = new("vmdk", "VMDK", "pyvmdk"),
        ["stream.vmdk"] = new("vmdk", "VMDK", "pyvmdk"),
        ["flat.vmdk"] = new("vmdk", "VMDK", "pyvmdk"),
        ["flat.vmdk.extent"] = new("raw", null, null),
        ["qcow2"] = new("qcow2", "QCOW", "pyqcow"),
        ["vhdx"] = new("vhdx", "VHDX", "pyvhdi"),
        ["vdi"] = new("vdi", "VDI", null),
        // Archives have judges of their own.
        ["ova"] = new(null, null, null),
        ["xva"] = new(null, null, null),
    };

    /// <summary>The words for a format of the product; it must have some.</summary>
    public static Dialect Of(string format) =>
        All.TryGetValue(format, out Dialect? dialect)
            ? dialect
            : throw new InvalidOperationException($"no judge has a word for the format {format}: Dialect needs it");
}
