namespace VdiFs.Disks.Catalogs;

/// <summary>What disks a source has. Owns their entries, and closes the open ones when disposed.</summary>
public interface IDiskCatalog : IAsyncDisposable
{
    /// <summary>The source, for people: a URI or a path, without secrets.</summary>
    string Source { get; }

    /// <summary>The disks as they are now, each once, in the source's order.</summary>
    IReadOnlyList<DiskEntry> Disks { get; }

    /// <summary>The directories that show them, as they are now.</summary>
    CatalogFolder Root { get; }

    /// <summary>
    /// Waits until <see cref="Root"/> is another than <paramref name="seen"/>; for ever where nothing changes.
    /// </summary>
    /// <param name="seen">The root that the caller knows.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task WaitForChangeAsync(CatalogFolder seen, CancellationToken cancellationToken) =>
        Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
}
