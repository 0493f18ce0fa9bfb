using Microsoft.Extensions.Logging;
using VdiFs.Disks.Failover;
using VdiFs.Disks.Servers;
using VdiFs.Nbd;

namespace VdiFs.Disks.Catalogs;

/// <summary>The exports of NBD servers that all have the same: the one the URI names, or all they list.</summary>
internal sealed class NbdCatalog : IDiskCatalog
{
    // 16 MiB at most, however many disks there are: the memory limit sets no more aside for them.
    private const int SecondAttemptsOfAll = 16;

    // So many disks may keep their connections: some servers end when the last one is closed.
    private const int FewExports = ExportDescriptions.AtOnce;

    // A walk through the files of thousands of disks opens one after the other.
    private static readonly TimeSpan IdleTimeoutOfMany = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ListingTimeout = TimeSpan.FromSeconds(30);

    private readonly ExportDescriptions? _descriptions;

    private NbdCatalog(
        string source, IReadOnlyList<DiskEntry> disks, ExportDescriptions? descriptions, DateTimeOffset time)
    {
        _descriptions = descriptions;
        Source = source;
        Disks = disks;
        Root = new CatalogFolder("", "", time, () => CatalogContent.Of(disks));
    }

    public string Source { get; }

    public IReadOnlyList<DiskEntry> Disks { get; }

    public CatalogFolder Root { get; }

    /// <summary>
    /// Asks a server, over one connection that is closed when all exports are described; the next if it cannot be
    /// reached.
    /// </summary>
    public static async Task<NbdCatalog> LoadAsync(
        IReadOnlyList<NbdUri> servers, CatalogOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        // Each step of a listing has its own limit; this one is for a server that is always just in time.
        using var deadline = new CancellationTokenSource(options.ReadDeadline);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            var client = new NbdClientOptions { Connections = options.Connections, Tls = options.Tls?.ToNbd() };
            FoundExports found = await FindExportsAsync(servers, client, logger, limit.Token).ConfigureAwait(false);
            if (found.Exports.Count == 0)
            {
                throw new DiskException(
                    DiskErrorKind.NotFound,
                    $"{servers[0]} lists no exports: name one in the URI, as in nbd://host/export");
            }

            var failover = new FailoverOptions
            {
                ReadDeadline = options.ReadDeadline,
                SecondAttemptsOfAll = new SemaphoreSlim(SecondAttemptsOfAll),
                IdleTimeout = found.Exports.Count > FewExports ? IdleTimeoutOfMany : null,
            };
            return new NbdCatalog(
                NbdUri.Join(servers),
                [
                    .. found.Exports.Select((export, index) => Entry(
                        servers, export, found.Descriptions?.All[index], client, failover, options, logger)),
                ],
                found.Descriptions,
                TimeOf(options));
        }
        catch (NbdException exception)
        {
            throw exception.ToDiskException();
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DiskException(
                DiskErrorKind.Unreachable,
                $"listing the exports of {NbdUri.Join(servers)} took longer than "
                + $"{options.ReadDeadline.TotalSeconds:0.#} s (--read-deadline); name one in the URI",
                exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_descriptions is not null)
        {
            await _descriptions.DisposeAsync().ConfigureAwait(false);
        }

        foreach (DiskEntry disk in Disks)
        {
            await disk.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task<FoundExports> FindExportsAsync(
        IReadOnlyList<NbdUri> servers, NbdClientOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        // Whoever mounts is waiting for an answer or a clear error, not for a server to come back.
        NbdClientOptions impatient = options with { HandshakeTimeout = ListingTimeout };
        List<NbdException> failures = [];
        foreach (NbdUri server in servers)
        {
            try
            {
                return await AskAsync(server, impatient, logger, cancellationToken).ConfigureAwait(false);
            }
            catch (NbdException exception) when (exception.IsTransient && servers.Count > 1)
            {
                failures.Add(exception);
            }
        }

        throw new NbdException(
            failures[0].Kind,
            "no server answers: " + string.Join("; ", failures.Select(failure => failure.Message)),
            failures[0]);
    }

    private static async Task<FoundExports> AskAsync(
        NbdUri server, NbdClientOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        if (server.ExportName.Length == 0)
        {
            try
            {
                return await ListAsync(server, options, logger, cancellationToken).ConfigureAwait(false);
            }
            catch (NbdException exception) when (exception.Kind == NbdErrorKind.ListUnsupported)
            {
                // A server that does not list still has a default export.
            }
        }

        return new FoundExports(
            [await NbdServer.DescribeAsync(server, options, logger, cancellationToken).ConfigureAwait(false)], null);
    }

    private static async Task<FoundExports> ListAsync(
        NbdUri server, NbdClientOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        NbdInquiry inquiry = await NbdInquiry.ConnectAsync(server, options, logger, cancellationToken)
            .ConfigureAwait(false);
        try
        {
            IReadOnlyList<NbdListedExport> exports = await inquiry.ListAsync(cancellationToken).ConfigureAwait(false);
            ExportDescriptions descriptions = new(server, inquiry, exports, options, logger);
            await descriptions.StartAsync(cancellationToken).ConfigureAwait(false);
            return new FoundExports(exports, descriptions);
        }
        catch
        {
            await inquiry.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static DiskEntry Entry(
        IReadOnlyList<NbdUri> servers,
        NbdListedExport export,
        PendingDescription? pending,
        NbdClientOptions client,
        FailoverOptions failover,
        CatalogOptions options,
        ILogger logger)
    {
        IReadOnlyList<NbdUri> addresses = [.. servers.Select(server => server with { ExportName = export.Name })];
        string canonical = NbdUri.Join([.. addresses.Select(WithoutTlsParameters)]);
        return new DiskEntry(
            export.Name,
            NbdUri.Join(addresses),
            DiskIdentities.For(canonical, TimeOf(options)),
            export.Length,
            token => OpenAsync(addresses, canonical, client, failover, options, logger, token))
        {
            Description = export.Description,
            Pending = pending,
        };
    }

    private static async Task<OpenedSource> OpenAsync(
        IReadOnlyList<NbdUri> addresses,
        string canonical,
        NbdClientOptions client,
        FailoverOptions failover,
        CatalogOptions options,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        OpenedSource source = await NbdSource.OpenAsync(addresses, client, failover, logger, cancellationToken)
            .ConfigureAwait(false);
        return options is { Store: { } store, SnapshotTime: { } time } && source.Disk is FailoverDisk disk
            ? source with { Stored = StatedContent.Of(store, canonical, time, disk) }
            : source;
    }

    private static DateTimeOffset TimeOf(CatalogOptions options) => options.SnapshotTime ?? options.MountTime;

    // Where this host keeps its certificates says nothing about the disk.
    private static NbdUri WithoutTlsParameters(NbdUri uri) => uri with { TlsCertificates = null, TlsHostname = null };

    /// <summary>What a server has; no descriptions where all was told at once.</summary>
    private sealed record FoundExports(IReadOnlyList<NbdListedExport> Exports, ExportDescriptions? Descriptions);
}
