using Microsoft.Extensions.Logging;
using VdiFs.Disks.Catalogs;
using VdiFs.Xapi;
using VdiFs.Xapi.Calls;
using VdiFs.Xapi.Exports;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools;

/// <summary>A pool behind XAPI: one session, and the mirror that follows the pool through it.</summary>
internal sealed class XapiPool : IPool
{
    private static readonly Dictionary<string, string> NoDriverParameters = [];

    private readonly XapiSession _session;
    private readonly PoolMirror _mirror;
    private volatile PoolSecret _secret;

    private XapiPool(XapiAddress address, XapiSession session, PoolMirror mirror)
    {
        Source = $"{XapiAddress.Scheme}://{address.Host}";
        _session = session;
        _mirror = mirror;
        _secret = new PoolSecret(session.GetReference());
    }

    public string Source { get; }

    public PoolDatabase Database => _mirror.Current;

    public string? Trouble => _mirror.Trouble;

    public PoolSecret Session
    {
        get
        {
            string reference = _session.GetReference();
            PoolSecret known = _secret;
            return known.Value == reference ? known : _secret = new PoolSecret(reference);
        }
    }

    /// <summary>Logs in and loads what the pool has.</summary>
    /// <exception cref="DiskException">The pool cannot be reached, is not the right one, or does not let this user
    /// in.</exception>
    public static async Task<XapiPool> OpenAsync(
        XapiAddress address, CatalogOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            XapiSession session = await LoginAsync(address, options, logger, cancellationToken).ConfigureAwait(false);
            try
            {
                PoolMirror mirror = await PoolMirror.StartAsync(session, logger, cancellationToken).ConfigureAwait(false);
                return new XapiPool(address, session, mirror);
            }
            catch
            {
                await session.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
        catch (XapiException exception)
        {
            throw exception.ToDiskException($"the pool at {address.Host} cannot be read");
        }
    }

    /// <summary>Logs in and no more.</summary>
    /// <returns>The session, which the caller disposes.</returns>
    /// <exception cref="DiskException">BadSource: there is no password, or an option that a pool has no use for.</exception>
    /// <exception cref="XapiException">The pool cannot be reached, is not the right one, or does not let this user in.</exception>
    public static Task<XapiSession> LoginAsync(
        XapiAddress address, CatalogOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        if (options.Pool?.Password is not { } password)
        {
            throw new DiskException(
                DiskErrorKind.BadSource, $"a password for {address.User} of the pool is needed (--password-file FILE)");
        }

        if (options.Tls is { HostName: not null } or { CertificateFile: not null } or { KeyFile: not null })
        {
            throw new DiskException(
                DiskErrorKind.BadSource,
                "a pool's certificate is checked by --ca or --fingerprint alone: leave the others out");
        }

        XapiOptions xapi = new()
        {
            CaFile = options.Tls?.CaFile,
            Fingerprint = options.Tls?.Fingerprint,
            PinFile = options.Pool.PinFile,
        };
        return XapiSession.LoginAsync(
            address, new XapiLogin(address.User, password.Value), xapi, logger, cancellationToken);
    }

    public Task WaitForChangeAsync(PoolDatabase seen, CancellationToken cancellationToken) =>
        _mirror.WaitForChangeAsync(seen, cancellationToken);

    public Task<IReadOnlyList<VdiNbdServerInfo>> GetNbdInfoAsync(OpaqueRef vdi, CancellationToken cancellationToken) =>
        VdiCalls.GetNbdInfoAsync(_session, vdi, cancellationToken);

    public Task<ExportedAllocation> ReadAllocationAsync(ExportRequest request, CancellationToken cancellationToken) =>
        VdiExport.ReadAllocationAsync(_session, request, cancellationToken);

    public Task<OpaqueRef> StartSnapshotAsync(
        OpaqueRef vdi, IReadOnlyDictionary<string, string> taskNotes, CancellationToken cancellationToken) =>
        VdiCalls.StartSnapshotAsync(_session, vdi, NoDriverParameters, taskNotes, cancellationToken);

    public XapiException SnapshotFailure(TaskRecord task) => TaskCalls.FailureOf(_session, "VDI.snapshot", task);

    public Task DestroyVdiAsync(OpaqueRef vdi, CancellationToken cancellationToken) =>
        VdiCalls.DestroyAsync(_session, vdi, cancellationToken);

    public Task SetVdiNameAsync(OpaqueRef vdi, string name, CancellationToken cancellationToken) =>
        VdiCalls.SetNameLabelAsync(_session, vdi, name, cancellationToken);

    public async Task SetVdiNoteAsync(OpaqueRef vdi, string key, string value, CancellationToken cancellationToken)
    {
        // A snapshot has inherited what its origin had, and adding what is there is an error.
        await VdiCalls.RemoveFromOtherConfigAsync(_session, vdi, key, cancellationToken).ConfigureAwait(false);
        await VdiCalls.AddToOtherConfigAsync(_session, vdi, key, value, cancellationToken).ConfigureAwait(false);
    }

    public Task AddVdiTagAsync(OpaqueRef vdi, string tag, CancellationToken cancellationToken) =>
        VdiCalls.AddTagAsync(_session, vdi, tag, cancellationToken);

    public Task<OpaqueRef> CreateTaskAsync(string label, string description, CancellationToken cancellationToken) =>
        TaskCalls.CreateAsync(_session, label, description, cancellationToken);

    public Task AddTaskNoteAsync(OpaqueRef task, string key, string value, CancellationToken cancellationToken) =>
        TaskCalls.AddToOtherConfigAsync(_session, task, key, value, cancellationToken);

    public Task SetTaskProgressAsync(OpaqueRef task, double progress, CancellationToken cancellationToken) =>
        TaskCalls.SetProgressAsync(_session, task, progress, cancellationToken);

    public Task SetTaskStatusAsync(OpaqueRef task, string status, CancellationToken cancellationToken) =>
        TaskCalls.SetStatusAsync(_session, task, status, cancellationToken);

    public Task SetTaskErrorAsync(OpaqueRef task, IReadOnlyList<string> error, CancellationToken cancellationToken) =>
        TaskCalls.SetErrorInfoAsync(_session, task, error, cancellationToken);

    public Task DestroyTaskAsync(OpaqueRef task, CancellationToken cancellationToken) =>
        TaskCalls.DestroyAsync(_session, task, cancellationToken);

    public Task LogoutAsync(PoolSecret session, CancellationToken cancellationToken) =>
        _session.LogoutOtherAsync(session.Value, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _mirror.DisposeAsync().ConfigureAwait(false);
        await _session.DisposeAsync().ConfigureAwait(false);
    }
}
