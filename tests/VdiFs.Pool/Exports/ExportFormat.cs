namespace VdiFs.Pool.Exports;

/// <summary>The formats of an export.</summary>
internal enum ExportFormat
{
    Raw,
    Vhd,
    Qcow2,
}
