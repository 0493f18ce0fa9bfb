namespace VdiFs.Formats.Tar;

/// <summary>A file in a tar archive.</summary>
/// <param name="Name">ASCII.</param>
/// <param name="HeaderOffset">Where its header lies in the archive.</param>
/// <param name="Offset">Where its bytes lie.</param>
/// <param name="Length">How many.</param>
/// <param name="Time">Seconds since 1970.</param>
internal sealed record TarMember(string Name, long HeaderOffset, long Offset, long Length, long Time);
