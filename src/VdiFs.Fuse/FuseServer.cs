using Microsoft.Extensions.Logging;
using VdiFs.Fuse.Device;
using VdiFs.Fuse.Session;

namespace VdiFs.Fuse;

/// <summary>
/// A mounted file system and its server. Disposing unmounts, answers what is in flight and ends the connection.
/// Thread-safe. Nothing that runs in this process may touch files of the mount: its threads are the ones that answer.
/// </summary>
public sealed class FuseServer : IAsyncDisposable
{
    private static readonly TimeSpan EndGrace = TimeSpan.FromSeconds(5);

    private readonly FuseSession _session;
    private readonly FuseMountOptions _options;
    private readonly ILogger _logger;
    private readonly string? _mountPoint;
    private readonly string? _device;
    private bool _wasUnmounted;

    private FuseServer(
        FuseSession session, string? mountPoint, string? device, FuseMountOptions options, ILogger logger)
    {
        _session = session;
        _mountPoint = mountPoint;
        _device = device;
        _options = options;
        _logger = logger;
        Completion = EndAsync();
    }

    /// <summary>
    /// Ends when the connection does: unmounted by anybody, aborted, or failed. Never faults. Requests still in flight
    /// were answered by then.
    /// </summary>
    public Task<FuseEnd> Completion { get; }

    /// <summary>Where it is mounted, canonical.</summary>
    public string MountedAt => _mountPoint ?? "";

    /// <summary>Requests that are waiting for the file system right now.</summary>
    public int RequestsInFlight => _session.InFlightCount;

    /// <summary>
    /// Mounts: by mount(2) as root, else through fusermount3. A dead mount of ours at the place is cleared first.
    /// </summary>
    /// <param name="mountPoint">An existing, empty directory.</param>
    /// <param name="fileSystem">What is shown; asked from this call's return on, and slightly before.</param>
    /// <param name="options">See there.</param>
    /// <param name="logger">Failures and refusals, nothing per read.</param>
    /// <returns>The server, serving: the kernel has had its first answer.</returns>
    /// <exception cref="FuseMountException">One line with cause and cure; nothing is left mounted.</exception>
    public static FuseServer Mount(
        string mountPoint, IFuseFileSystem fileSystem, FuseMountOptions options, ILogger logger)
    {
        ArgumentException.ThrowIfNullOrEmpty(mountPoint);
        options.Validate();
        string path = MountPointCheck.Prepare(mountPoint, options.FileSystemType, logger);
        FuseDevice connection = DaemonProcess.IsRoot
            ? KernelMount.Mount(path, options)
            : HelperMount.Mount(path, options);

        // One connection, one device number: this is how our mount is told from whatever is mounted there later.
        string? device = MountTable.Find(path)?.Device;
        FuseSession session = new(connection, fileSystem, options, logger);
        try
        {
            session.Handshake();
            session.Start();
        }
        catch
        {
            // Whatever it is, a thread that cannot be started for one: the mount must not stay behind, dead.
            session.Dispose();
            MountPoint.Detach(path, lazy: true);
            throw;
        }

        if (device is not null)
        {
            ConnectionTuning.TryRaiseReadAhead(device, options.ReadAheadKiB, logger);
            FuseLog.Mounted(logger, path, device);
        }

        return new FuseServer(session, path, device, options, logger);
    }

    /// <summary>Serves over a descriptor that is connected already; its first message must be INIT.</summary>
    internal static FuseServer Serve(
        FuseDevice connection,
        IFuseFileSystem fileSystem,
        FuseMountOptions options,
        ILogger logger,
        IBackingFiles? backings = null)
    {
        options.Validate();
        FuseSession session = new(connection, fileSystem, options, logger, backings);
        try
        {
            session.Handshake();
        }
        catch (FuseMountException)
        {
            session.Dispose();
            throw;
        }

        session.Start();
        return new FuseServer(session, mountPoint: null, device: null, options, logger);
    }

    /// <summary>
    /// Makes the kernel forget a name, whatever it had been told about it, and with it everything below. Blocks until
    /// look-ups and listings in progress in the directory are answered: never to be called from within
    /// <see cref="IFuseFileSystem"/>, nor while holding a lock that one of its methods waits for. Nothing happens when
    /// the kernel does not know the name or the mount has ended.
    /// </summary>
    /// <param name="directory">The directory that holds the name.</param>
    /// <param name="name">The name, as in <see cref="FuseDirectoryEntry"/>.</param>
    public void InvalidateName(NodeId directory, string name) =>
        _session.Notifier.InvalidateEntry(directory.Value, name);

    /// <summary>
    /// Makes the kernel forget a node's attributes, and the pages of a file or the listing of a directory that it has
    /// kept. Blocks until reads in progress of these pages are answered: to be called as
    /// <see cref="InvalidateName"/>. A listing in progress may be kept all the same unless a name of the directory was
    /// invalidated before.
    /// </summary>
    /// <param name="node">The node.</param>
    public void InvalidateNode(NodeId node) => _session.Notifier.InvalidateInode(node.Value);

    /// <summary>
    /// Unmounts. A mount in use is detached lazily: it disappears from the tree, and those who hold it go on being
    /// served until they let go or this server is disposed.
    /// </summary>
    /// <param name="cancellationToken">Stops waiting; the unmount may happen all the same.</param>
    /// <returns>Who held it, logged too; empty when it was free or unmounted already.</returns>
    /// <exception cref="FuseMountException">Not permitted.</exception>
    public Task<IReadOnlyList<MountHolder>> UnmountAsync(CancellationToken cancellationToken) =>
        Task.Run(Unmount, CancellationToken.None).WaitAsync(cancellationToken);

    /// <summary>Unmounts if need be, gives users of a detached mount a moment, then ends the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await UnmountAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (FuseMountException exception)
        {
            FuseLog.UnmountFailed(_logger, MountedAt, exception.Message);
        }

        if (_mountPoint is not null && !await HasEndedAsync(_session.Completion).ConfigureAwait(false))
        {
            await HasEndedAsync(_session.FailAllInFlight()).ConfigureAwait(false);
            if (_device is not null && ConnectionTuning.TryAbort(_device))
            {
                await HasEndedAsync(_session.Completion).ConfigureAwait(false);
            }
        }

        await HasEndedAsync(_session.FailAllInFlight()).ConfigureAwait(false);
        _session.Dispose();
    }

    /// <summary>The device says ENODEV for umount -f too; but then the mount is still there, dead.</summary>
    private async Task<FuseEnd> EndAsync()
    {
        FuseEnd end = await _session.Completion.ConfigureAwait(false);
        bool isStillMounted = !Volatile.Read(ref _wasUnmounted) && FindOwnMount() is not null;
        return end == FuseEnd.Unmounted && isStillMounted ? FuseEnd.Aborted : end;
    }

    /// <summary>By path, so it must still be ours that is there; it is never stat'ed.</summary>
    private MountTableEntry? FindOwnMount()
    {
        MountTableEntry? mount = _mountPoint is null ? null : MountTable.Find(_mountPoint);
        return mount?.FileSystemType == _options.FileSystemType && mount.Device == _device ? mount : null;
    }

    private static async Task<bool> HasEndedAsync(Task task)
    {
        await task.WaitAsync(EndGrace).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return task.IsCompleted;
    }

    private IReadOnlyList<MountHolder> Unmount()
    {
        if (_mountPoint is null || FindOwnMount() is null)
        {
            return [];
        }

        try
        {
            MountPoint.Detach(_mountPoint, lazy: false);
            Volatile.Write(ref _wasUnmounted, true);
            return [];
        }
        catch (FuseMountException exception) when (exception.Kind == FuseMountErrorKind.Busy)
        {
            IReadOnlyList<MountHolder> holders = MountPoint.FindHolders(_mountPoint);
            MountPoint.Detach(_mountPoint, lazy: true);
            Volatile.Write(ref _wasUnmounted, true);
            FuseLog.DetachedWhileBusy(_logger, _mountPoint, string.Join(", ", holders));
            return holders;
        }
        catch (FuseMountException exception) when (exception.Kind == FuseMountErrorKind.NotMounted)
        {
            return [];
        }
    }
}
