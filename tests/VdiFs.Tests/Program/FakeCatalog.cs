using VdiFs.Disks;
using VdiFs.Disks.Catalogs;

namespace VdiFs.Tests.Program;

/// <summary>A source that has what a test says, and changes when it says so.</summary>
internal sealed class FakeCatalog : IDiskCatalog
{
    // Replaced as a whole, so that nobody sees half of it.
    private volatile Tuple<CatalogFolder, IReadOnlyList<DiskEntry>, TaskCompletionSource> _now;

    private volatile CatalogFolder? _awaited;

    public FakeCatalog(CatalogFolder root)
    {
        _now = StateOf(root, disks: null);
    }

    public string Source => "test";

    /// <summary>Whether somebody knows the root and waits for the next: all that followed from the last is
    /// done.</summary>
    public bool IsFollowed => ReferenceEquals(_awaited, Root);

    public IReadOnlyList<DiskEntry> Disks => _now.Item2;

    public CatalogFolder Root => _now.Item1;

    /// <summary>A directory; its key is its name unless said otherwise.</summary>
    public static CatalogFolder Folder(
        string name,
        CatalogFolder[]? folders = null,
        DiskEntry[]? disks = null,
        CatalogDocument[]? documents = null,
        string? key = null,
        DateTimeOffset? time = null,
        CatalogMachine? machine = null) =>
        new(
            name,
            key ?? name,
            time ?? TestEntries.Time,
            () => new CatalogContent(
                folders ?? [], [.. (disks ?? []).Select(disk => new CatalogDisk(disk.Name, disk))], documents ?? [])
            {
                Machine = machine,
            });

    /// <summary>Another root, with the disks that lie somewhere in it unless others are said.</summary>
    public void Become(CatalogFolder root, IReadOnlyList<DiskEntry>? disks = null)
    {
        TaskCompletionSource before = _now.Item3;
        _now = StateOf(root, disks);
        before.SetResult();
    }

    public Task WaitForChangeAsync(CatalogFolder seen, CancellationToken cancellationToken)
    {
        Tuple<CatalogFolder, IReadOnlyList<DiskEntry>, TaskCompletionSource> now = _now;
        if (!ReferenceEquals(now.Item1, seen))
        {
            return Task.CompletedTask;
        }

        _awaited = seen;
        return now.Item3.Task.WaitAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static Tuple<CatalogFolder, IReadOnlyList<DiskEntry>, TaskCompletionSource> StateOf(
        CatalogFolder root, IReadOnlyList<DiskEntry>? disks) =>
        new(
            root,
            disks ?? [.. DisksIn(root).Distinct()],
            new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private static IEnumerable<DiskEntry> DisksIn(CatalogFolder folder) =>
        folder.Content.Disks.Select(disk => disk.Entry).Concat(folder.Content.Folders.SelectMany(DisksIn));
}
