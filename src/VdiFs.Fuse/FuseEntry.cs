namespace VdiFs.Fuse;

/// <summary>A name's answer: the node it stands for.</summary>
/// <param name="Attributes">The node and what stat(2) shows of it.</param>
/// <param name="Generation">With the node id unique over the life of the file system, also over restarts (NFS).</param>
/// <param name="NameValidity">How long the kernel may keep the name (<c>entry_valid</c>).</param>
public readonly record struct FuseEntry(FuseAttributes Attributes, ulong Generation, TimeSpan NameValidity);
