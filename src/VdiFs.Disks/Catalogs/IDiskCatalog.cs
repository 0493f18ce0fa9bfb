namespace VdiFs.Disks.Catalogs;

/// <summary>What disks a source has. Owns their entries, and closes the open ones when disposed.</summary>
public interface IDiskCatalog : IAsyncDisposable
{
    /// <summary>The source, for people: a URI or a path, without secrets.</summary>
    string Source { get; }

    /// <summary>The disks, in the source's order. Fixed for the life of the catalog.</summary>
    IReadOnlyList<DiskEntry> Disks { get; }
}
