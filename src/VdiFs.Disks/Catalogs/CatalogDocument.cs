namespace VdiFs.Disks.Catalogs;

/// <summary>A small text file of a catalog, such as a VM's record.</summary>
/// <param name="Name">Its file name.</param>
/// <param name="Time">When it was last changed, as users see it.</param>
/// <param name="Write">Makes its content; costs the source nothing.</param>
public sealed record CatalogDocument(string Name, DateTimeOffset Time, Func<byte[]> Write);
