using Microsoft.Extensions.Logging;
using VdiFs.Diagnostics;
using VdiFs.Disks.Catalogs;
using VdiFs.Fuse;
using VdiFs.Tree;

namespace VdiFs.Mounting;

/// <summary>
/// Lets the tree follow its catalog while it is mounted, and the kernel forget what it had been told. To be disposed
/// after the server: the kernel may keep a notification waiting for as long as a read takes, and only the end of the
/// connection ends both.
/// </summary>
internal sealed class TreeFollower(IDiskCatalog catalog, MountTree tree, FileTable files, ILogger logger)
    : IAsyncDisposable
{
    /// <summary>
    /// The least time from one change to the next: what happens meanwhile becomes one. A look at all of a large tree
    /// takes some 100 ms.
    /// </summary>
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private Task _following = Task.CompletedTask;

    /// <summary>See <see cref="DefaultInterval"/>.</summary>
    public TimeSpan Interval { get; init; } = DefaultInterval;

    /// <summary>Starts to follow. To be called once.</summary>
    /// <param name="server">The mount whose kernel is told.</param>
    public void Start(FuseServer server) => _following = FollowAsync(server, _stopping.Token);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task FollowAsync(FuseServer server, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await catalog.WaitForChangeAsync(tree.Root.Folder, cancellationToken);
                // The kernel makes whoever tells it something wait: that is nothing for a thread that others need.
                await Task.Factory.StartNew(
                    () => Follow(server), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                await Task.Delay(Interval, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                DaemonLog.FollowingFailed(logger, exception);
                await Task.Delay(Interval, cancellationToken);
            }
        }
    }

    private void Follow(FuseServer server)
    {
        // In this order: see MountTree.Update.
        CatalogFolder root = catalog.Root;
        TreeChanges changes = tree.Update(root, catalog.Disks);
        if (changes.IsEmpty)
        {
            return;
        }

        DaemonLog.TreeChanged(logger, changes.Names.Count, changes.Gone.Count);
        // Its readers first: until they are answered, the kernel waits for them.
        foreach (Node node in changes.Gone)
        {
            files.Forget(node);
        }

        // Names before their directories: then no listing in progress is kept that began before the change.
        foreach ((ulong directory, string name) in changes.Names)
        {
            server.InvalidateName(new NodeId(directory), name);
        }

        foreach (ulong directory in changes.Directories)
        {
            server.InvalidateNode(new NodeId(directory));
        }

        foreach (Node node in changes.Gone)
        {
            server.InvalidateNode(new NodeId(node.Id));
        }
    }
}
