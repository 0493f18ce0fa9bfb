namespace VdiFs.Fuse;

/// <summary>One line of a directory.</summary>
/// <param name="Name">1 to 255 bytes of UTF-8 without '/' and NUL; never "." or "..".</param>
/// <param name="Entry">The same answer a look-up of the name gives.</param>
/// <param name="Position">
/// Where it stands, 0 or more: above that of the entry before it, and the same for as long as the entry exists. It is
/// the kernel's cookie: whoever lists the directory page by page while it changes misses nothing that stays.
/// </param>
public readonly record struct FuseDirectoryEntry(string Name, FuseEntry Entry, long Position);
