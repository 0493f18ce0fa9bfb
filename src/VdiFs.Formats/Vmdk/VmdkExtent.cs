namespace VdiFs.Formats.Vmdk;

/// <summary>The line of a descriptor that names a file with the disk's bytes in it.</summary>
/// <param name="Sectors">Sectors of the disk.</param>
/// <param name="Type">What the file is: SPARSE, FLAT, VMFS.</param>
/// <param name="FileName">Which file, in the descriptor's directory.</param>
/// <param name="FirstSector">Where in the file the bytes start, if the line says so.</param>
internal sealed record VmdkExtent(long Sectors, string Type, string FileName, long? FirstSector)
{
    internal const string SparseType = "SPARSE";
    internal const string FlatType = "FLAT";
    internal const string VmfsType = "VMFS";

    internal static VmdkExtent Sparse(long sectors, string fileName) => new(sectors, SparseType, fileName, null);

    internal static VmdkExtent Flat(long sectors, string fileName) => new(sectors, FlatType, fileName, 0);
}
