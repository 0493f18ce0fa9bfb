using Microsoft.Extensions.Logging;
using VdiFs.Disks.Servers;
using VdiFs.Nbd;

namespace VdiFs.Disks.Catalogs;

/// <summary>The exports of an NBD server: the one its URI names, or all the server lists.</summary>
internal sealed class NbdCatalog : IDiskCatalog
{
    private NbdCatalog(string source, IReadOnlyList<DiskEntry> disks)
    {
        Source = source;
        Disks = disks;
    }

    public string Source { get; }

    public IReadOnlyList<DiskEntry> Disks { get; }

    /// <summary>Asks the server, over one connection that is closed again.</summary>
    public static async Task<NbdCatalog> LoadAsync(
        NbdUri uri, CatalogOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            var client = new NbdClientOptions { Connections = options.Connections };
            IReadOnlyList<NbdListedExport> exports =
                await FindExportsAsync(uri, client, logger, cancellationToken).ConfigureAwait(false);
            // A server that names an export twice still has it once.
            exports = [.. exports.DistinctBy(export => export.Name)];
            if (exports.Count == 0)
            {
                throw new DiskException(
                    DiskErrorKind.NotFound, $"{uri} lists no exports: name one in the URI, as in nbd://host/export");
            }

            DateTimeOffset time = options.SnapshotTime ?? options.MountTime;
            return new NbdCatalog(
                uri.ToString(),
                [.. exports.Select(export =>
                    Entry(uri with { ExportName = export.Name }, export, client, time, logger))]);
        }
        catch (NbdException exception)
        {
            throw exception.ToDiskException();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (DiskEntry disk in Disks)
        {
            await disk.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task<IReadOnlyList<NbdListedExport>> FindExportsAsync(
        NbdUri uri, NbdClientOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        if (uri.ExportName.Length == 0)
        {
            try
            {
                return await NbdServer.ListAsync(uri, options, logger, cancellationToken).ConfigureAwait(false);
            }
            catch (NbdException exception) when (exception.Kind == NbdErrorKind.ListUnsupported)
            {
                // A server that does not list still has a default export.
            }
        }

        return [await NbdServer.DescribeAsync(uri, options, logger, cancellationToken).ConfigureAwait(false)];
    }

    private static DiskEntry Entry(
        NbdUri uri, NbdListedExport export, NbdClientOptions options, DateTimeOffset time, ILogger logger) =>
        new(
            export.Name,
            uri.ToString(),
            DiskIdentities.For(uri.ToString(), time),
            export.Details?.Length,
            token => OpenAsync(uri, options, logger, token))
        {
            Description = export.Description ?? export.Details?.Description,
        };

    private static async Task<OpenedSource> OpenAsync(
        NbdUri uri, NbdClientOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            NbdClient client = await NbdClient.ConnectAsync(uri, options, logger, cancellationToken)
                .ConfigureAwait(false);
            return await NbdDisk.OpenAsync(client, cancellationToken).ConfigureAwait(false);
        }
        catch (NbdException exception)
        {
            throw exception.ToDiskException();
        }
    }
}
