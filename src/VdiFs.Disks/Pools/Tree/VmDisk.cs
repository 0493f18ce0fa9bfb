using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Tree;

/// <summary>A disk in a VM: its place there, and what is in it.</summary>
/// <param name="Vbd">The place.</param>
/// <param name="Vdi">The disk.</param>
internal sealed record VmDisk(VbdRecord Vbd, VdiRecord Vdi);
