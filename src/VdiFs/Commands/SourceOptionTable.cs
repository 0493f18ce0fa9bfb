using System.CommandLine;
using Microsoft.Extensions.Logging;
using VdiFs.Diagnostics;
using VdiFs.Disks.Catalogs;
using VdiFs.Options;

namespace VdiFs.Commands;

/// <summary>The options of every command that looks at a source.</summary>
internal sealed class SourceOptionTable
{
    private readonly PoolOptionTable _pool = new();
    private readonly TlsOptionTable _tls = new();
    private readonly LogOptionTable _log = new();

    public void AddTo(Command command)
    {
        _pool.AddTo(command);
        _tls.AddTo(command);
        _log.AddTo(command);
    }

    /// <summary>How to look at this source; asks for its password if it needs one.</summary>
    public CatalogOptions Read(ParseResult result, string source) => new()
    {
        Tls = _tls.Read(result),
        Pool = PasswordSource.Complete(_pool.Read(result), source, _pool.PasswordFile(result)),
        MountTime = TimeProvider.System.GetUtcNow(),
    };

    /// <summary>Where the log goes; the caller disposes it.</summary>
    public ILoggerFactory CreateLogs(ParseResult result) => Logs.Create(_log.Read(result));
}
