using Microsoft.Extensions.Logging;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Local;
using VdiFs.Disks.Pools;
using VdiFs.Disks.Pools.Owners;
using VdiFs.Disks.Pools.Servers;
using VdiFs.Nbd;
using VdiFs.Xapi;

namespace VdiFs.Disks.Sources;

/// <summary>Understands what a user writes for a source, and loads its catalog.</summary>
public static class DiskSources
{
    private const string FileScheme = "file:";
    private const string Forms =
        "a path, file:PATH, nbd://host[:port][,host...][/export], nbd+unix:///[export]?socket=PATH (nbds for TLS) "
        + "or xapi://[user@]host[:port]";

    /// <summary>Whose password a source needs; null when it needs none.</summary>
    /// <exception cref="DiskException">BadSource: it is written wrongly.</exception>
    public static string? UserOf(string source)
    {
        if (!source.StartsWith(XapiAddress.Scheme + "://", StringComparison.Ordinal))
        {
            return null;
        }

        return XapiAddress.TryParse(source, out XapiAddress? address, out string error)
            ? address.User
            : throw new DiskException(DiskErrorKind.BadSource, $"wrong pool address: {error}");
    }

    /// <summary>Finds out what disks a source has.</summary>
    /// <param name="source">An NBD URI, a pool's address, or a path or file: URI of a local image.</param>
    /// <param name="options">How to look at it.</param>
    /// <param name="logger">Receives what the source's clients have to say.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <returns>The catalog, which the caller disposes.</returns>
    /// <exception cref="DiskException">The source is written wrongly, absent, not permitted or unreachable.</exception>
    public static async Task<IDiskCatalog> LoadAsync(
        string source, CatalogOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        if (source.StartsWith(FileScheme, StringComparison.Ordinal))
        {
            return await LoadImageAsync(PathOf(source), options, logger, cancellationToken).ConfigureAwait(false);
        }

        int scheme = source.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0)
        {
            return await LoadImageAsync(source, options, logger, cancellationToken).ConfigureAwait(false);
        }

        if (source[..scheme] == XapiAddress.Scheme)
        {
            return await LoadPoolAsync(source, options, logger, cancellationToken).ConfigureAwait(false);
        }

        if (!source.StartsWith("nbd", StringComparison.Ordinal))
        {
            throw new DiskException(DiskErrorKind.BadSource, $"unknown source {source}: expected {Forms}");
        }

        if (!NbdUri.TryParseAll(source, out IReadOnlyList<NbdUri>? servers, out string error))
        {
            throw new DiskException(DiskErrorKind.BadSource, $"wrong NBD URI {source}: {error}");
        }

        return await NbdCatalog.LoadAsync([.. servers.Select(Absolute)], options, logger, cancellationToken)
            .ConfigureAwait(false);
    }

    // A daemon works in "/", and a disk's identity must not depend on where its user stood.
    private static NbdUri Absolute(NbdUri uri) => uri with
    {
        // One that begins with NUL is an abstract name, no path.
        SocketPath = uri.SocketPath is { } path && path[0] != '\0' ? Path.GetFullPath(path) : uri.SocketPath,
        TlsCertificates = uri.TlsCertificates is { } directory ? Path.GetFullPath(directory) : null,
    };

    private static async Task<IDiskCatalog> LoadImageAsync(
        string path, CatalogOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        if (path.Length == 0)
        {
            throw new DiskException(DiskErrorKind.BadSource, $"the source is empty: expected {Forms}");
        }

        if (options.Tls is not null)
        {
            throw new DiskException(
                DiskErrorKind.BadSource,
                $"there are options for TLS, but {path} is a local image: leave them out, or name an nbds:// source");
        }

        string fullPath = Path.GetFullPath(path);
        return ImageDriver.For(fullPath) is { } driver
            ? await QemuImageCatalog.LoadAsync(fullPath, driver, options, logger, cancellationToken)
                .ConfigureAwait(false)
            : LocalImageCatalog.Load(fullPath, options);
    }

    // file:relative, file:/path and file:///path, as people write them.
    private static string PathOf(string fileUri)
    {
        string rest = fileUri[FileScheme.Length..];
        return Uri.UnescapeDataString(rest.StartsWith("//", StringComparison.Ordinal) ? rest[2..] : rest);
    }

    private static async Task<IDiskCatalog> LoadPoolAsync(
        string source, CatalogOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        if (!XapiAddress.TryParse(source, out XapiAddress? address, out string error))
        {
            throw new DiskException(DiskErrorKind.BadSource, $"wrong pool address: {error}");
        }

        XapiPool pool = await XapiPool.OpenAsync(address, options, logger, cancellationToken).ConfigureAwait(false);
        NbdPoolConnector connector = new(options, TimeProvider.System, Random.Shared, logger);
        return new PoolCatalog(
            pool, connector, options, LinuxProcessTable.Instance, TimeProvider.System, Random.Shared, logger);
    }
}
