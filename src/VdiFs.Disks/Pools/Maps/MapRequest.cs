using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Maps;

/// <summary>How the allocation of a VDI is found out, and what that costs its host.</summary>
/// <param name="IsQcow2">Whether its export is asked for as qcow2, else as VHD.</param>
/// <param name="IsCostly">Whether its host reads the whole disk before it tells.</param>
internal sealed record MapRequest(bool IsQcow2, bool IsCostly)
{
    // xapi: constants.ml, max_vhd_size. Above it an export as VHD fails.
    private const long LargestVhdBytes = 2040L * 1024 * 1024 * 1024;

    private const string ImageFormatKey = "image-format";
    private const string TypeKey = "type";
    private const string LvmTypeKey = "vdi_type";
    private const string Qcow2 = "qcow2";
    private const string Raw = "raw";
    private const string Plain = "aio";

    // SM: drivers that give a VDI a LUN of its own, with nothing around the bytes.
    private static readonly string[] RawDrivers = ["iscsi", "hba", "rawhba"];

    /// <summary>What to ask for a VDI.</summary>
    public static MapRequest For(VdiRecord vdi, PoolDatabase database)
    {
        string? format = FormatOf(vdi, database);
        database.Srs.TryGetValue(vdi.Sr, out SrRecord? sr);
        bool isRaw = format == Raw
            || vdi.SmConfig.GetValueOrDefault(TypeKey) == Raw
            || vdi.SmConfig.GetValueOrDefault(LvmTypeKey) == Plain
            || (sr is not null && RawDrivers.Contains(sr.Type));
        return new MapRequest(format == Qcow2 || vdi.VirtualSizeBytes > LargestVhdBytes, isRaw);
    }

    // A snapshot of a qcow2 disk does not always say what it is: its origin does.
    private static string? FormatOf(VdiRecord vdi, PoolDatabase database) =>
        vdi.SmConfig.GetValueOrDefault(ImageFormatKey)
        ?? (database.Vdis.TryGetValue(vdi.SnapshotOf, out VdiRecord? origin)
            ? origin.SmConfig.GetValueOrDefault(ImageFormatKey)
            : null);
}
