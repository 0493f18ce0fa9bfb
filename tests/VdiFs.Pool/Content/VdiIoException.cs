namespace VdiFs.Pool.Content;

/// <summary>The storage could not read: what a host sees as EIO.</summary>
public sealed class VdiIoException(long offset, long length)
    : IOException($"The storage cannot read {length} bytes at disk offset {offset}.");
