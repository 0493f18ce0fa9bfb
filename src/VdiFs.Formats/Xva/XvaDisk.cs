using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Xva;

/// <summary>A disk of the machine in an XVA.</summary>
/// <param name="Reference">How ova.xml calls its VDI: "Ref:" and a number.</param>
/// <param name="Map">Its length, and which parts of it hold data.</param>
public sealed record XvaDisk(string Reference, AllocationMap Map);
