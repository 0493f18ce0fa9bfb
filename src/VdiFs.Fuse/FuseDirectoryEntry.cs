namespace VdiFs.Fuse;

/// <summary>One line of a directory.</summary>
/// <param name="Name">1 to 255 bytes of UTF-8 without '/' and NUL; never "." or "..".</param>
/// <param name="Entry">The same answer a look-up of the name gives.</param>
public readonly record struct FuseDirectoryEntry(string Name, FuseEntry Entry);
