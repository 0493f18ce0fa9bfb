using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using VdiFs.Nbd;

namespace VdiFs.Disks.Catalogs;

/// <summary>
/// Asks a server what the exports are that it has listed. That takes one question each, one after the other, so a mount
/// waits for the first ones alone. The others are asked about behind its back, over the same connection, those first
/// that somebody waits for. Thread-safe.
/// </summary>
internal sealed class ExportDescriptions : IAsyncDisposable
{
    /// <summary>
    /// Exports that are described before there is a catalog: whoever has no more sees all at once, and a length of 0,
    /// which may not be true (<see cref="NbdInquiry.DescribeAsync"/>), is looked at by opening the export. With more
    /// that would be a connection each: such a length counts as not told.
    /// </summary>
    public const int AtOnce = 64;

    private readonly NbdUri _server;
    private readonly NbdClientOptions _options;
    private readonly ILogger _logger;
    private readonly ConcurrentQueue<PendingDescription> _wanted = new();
    private readonly CancellationTokenSource _closing = new();
    private NbdInquiry _inquiry;
    private Task _telling = Task.CompletedTask;
    private int _next;

    /// <param name="server">The server.</param>
    /// <param name="inquiry">The conversation that listed its exports; this object ends it.</param>
    /// <param name="exports">The exports.</param>
    /// <param name="options">How to connect again, should the server end the conversation.</param>
    /// <param name="logger">Told of exports that are not described.</param>
    public ExportDescriptions(
        NbdUri server,
        NbdInquiry inquiry,
        IReadOnlyList<NbdListedExport> exports,
        NbdClientOptions options,
        ILogger logger)
    {
        _server = server;
        _inquiry = inquiry;
        _options = options;
        _logger = logger;
        All = [.. exports.Select(export => new PendingDescription(export, _wanted.Enqueue))];
    }

    /// <summary>One for each export, in the order of the list.</summary>
    public IReadOnlyList<PendingDescription> All { get; }

    /// <summary>Asks about the first ones, and goes on with the others when it has returned. Once.</summary>
    /// <param name="cancellationToken">Ends the wait for the first ones.</param>
    /// <exception cref="NbdException">The conversation failed; nothing goes on.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        List<PendingDescription> empty = [];
        while (_next < Math.Min(AtOnce, All.Count) && _inquiry.CanDescribe)
        {
            PendingDescription next = All[_next++];
            NbdListedExport? told = await _inquiry.DescribeAsync(next.Name, cancellationToken).ConfigureAwait(false);
            if (told is { Length: 0 } && All.Count <= AtOnce)
            {
                empty.Add(next);
            }
            else
            {
                next.Tell(Believable(told));
            }
        }

        if (All.Count > AtOnce)
        {
            _telling = Task.Run(TellOthersAsync, CancellationToken.None);
            return;
        }

        // First: a server may take one connection at a time.
        await _inquiry.DisposeAsync().ConfigureAwait(false);
        foreach (PendingDescription export in empty)
        {
            export.Tell(await MeasureAsync(export.Name, cancellationToken).ConfigureAwait(false));
        }

        TellNoMore();
    }

    /// <summary>Stops asking; what was not told never will be.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _telling.ConfigureAwait(false);
        _closing.Dispose();
    }

    private async Task TellOthersAsync()
    {
        try
        {
            bool hasProgress = true;
            while (_inquiry.CanDescribe && Next() is { } next)
            {
                try
                {
                    next.Tell(Believable(
                        await _inquiry.DescribeAsync(next.Name, _closing.Token).ConfigureAwait(false)));
                    hasProgress = true;
                }
                catch (NbdException) when (hasProgress)
                {
                    // Qemu gives a handshake ten seconds: what takes longer goes on in another.
                    hasProgress = false;
                    _wanted.Enqueue(next);
                    await ConnectAgainAsync().ConfigureAwait(false);
                }
            }
        }
        catch (NbdException failure)
        {
            DisksLog.ExportsNotDescribed(_logger, _server.ToString(), failure.Message);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // The mount ends.
        }
        finally
        {
            TellNoMore();
            await _inquiry.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task ConnectAgainAsync()
    {
        await _inquiry.DisposeAsync().ConfigureAwait(false);
        _inquiry = await NbdInquiry.ConnectAsync(_server, _options, _logger, _closing.Token).ConfigureAwait(false);
    }

    private PendingDescription? Next()
    {
        while (_wanted.TryDequeue(out PendingDescription? wanted))
        {
            if (!wanted.IsTold)
            {
                return wanted;
            }
        }

        while (_next < All.Count)
        {
            PendingDescription next = All[_next++];
            if (!next.IsTold)
            {
                return next;
            }
        }

        return null;
    }

    private async Task<NbdListedExport?> MeasureAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await NbdServer
                .DescribeAsync(_server with { ExportName = name }, _options, _logger, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (NbdException failure)
        {
            DisksLog.ExportNotMeasured(_logger, _server.ToString(), failure.Message);
            return null;
        }
    }

    private static NbdListedExport? Believable(NbdListedExport? told) =>
        told is { Length: 0 } ? told with { Length = null } : told;

    /// <summary>Nobody may wait for what never comes: opening the disk tells.</summary>
    private void TellNoMore()
    {
        foreach (PendingDescription untold in All)
        {
            untold.Tell(null);
        }
    }
}
