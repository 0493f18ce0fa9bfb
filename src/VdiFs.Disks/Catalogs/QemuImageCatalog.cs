using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using VdiFs.Disks.Local;
using VdiFs.Disks.Servers;
using VdiFs.Nbd;

namespace VdiFs.Disks.Catalogs;

/// <summary>One local image in a format that qemu reads, through a private qemu-nbd.</summary>
internal sealed class QemuImageCatalog : IDiskCatalog
{
    private readonly DiskEntry _entry;
    private readonly QemuNbdServer _server;

    private QemuImageCatalog(DiskEntry entry, QemuNbdServer server)
    {
        _entry = entry;
        _server = server;
        Disks = [entry];
        Root = new CatalogFolder("", "", entry.Identity.SnapshotTime, () => CatalogContent.Of(Disks));
    }

    public string Source => _entry.Origin;

    public IReadOnlyList<DiskEntry> Disks { get; }

    public CatalogFolder Root { get; }

    /// <exception cref="DiskException">The image or qemu-nbd is absent, or qemu cannot read the image.</exception>
    public static async Task<QemuImageCatalog> LoadAsync(
        string path, string driver, CatalogOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        DateTimeOffset time = TimeOf(path, options);
        if (driver == ImageDriver.Vhd)
        {
            VhdParentCheck.Run(path);
        }

        QemuNbdServer server =
            await QemuNbdServer.StartAsync(path, driver, cancellationToken).ConfigureAwait(false);
        try
        {
            // The server ends with its last client: this one stays until the mount ends.
            OpenedSource source = await ConnectAsync(server, logger, cancellationToken).ConfigureAwait(false);
            server.HideSocket();
            var entry = new DiskEntry(
                Path.GetFileName(path),
                path,
                DiskIdentities.For(path, time),
                source.Disk.Length,
                _ => Task.FromResult(source),
                held: source.Disk);
            return new QemuImageCatalog(entry, server);
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _entry.DisposeAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
    }

    private static DateTimeOffset TimeOf(string path, CatalogOptions options)
    {
        using SafeFileHandle file = LocalImageFile.OpenForReading(path);
        return options.SnapshotTime ?? LocalImageFile.TimeOf(path, file, options.MountTime);
    }

    private static async Task<OpenedSource> ConnectAsync(
        QemuNbdServer server, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            if (!NbdUri.TryParse(server.Uri, out NbdUri? uri, out string error))
            {
                throw new UnreachableException(error);
            }

            // qemu-nbd serves an image on one thread: further connections would gain nothing.
            var clientOptions = new NbdClientOptions { Connections = 1 };
            NbdClient client = await NbdClient.ConnectAsync(uri, clientOptions, logger, cancellationToken)
                .ConfigureAwait(false);
            return await NbdDisk.OpenAsync(client, cancellationToken).ConfigureAwait(false);
        }
        catch (NbdException exception)
        {
            // qemu-nbd listens before it has opened the image: its own words say more than a closed connection does.
            throw await server.FindFailureAsync(cancellationToken).ConfigureAwait(false)
                ?? exception.ToDiskException();
        }
    }
}
