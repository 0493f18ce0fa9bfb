using Microsoft.Extensions.Logging;
using VdiFs.Xapi;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Servers;

/// <summary>Finds the ways to one VDI as they are now; asked again before each connection that comes of them.</summary>
internal sealed class PoolServers(
    IPool pool,
    OpaqueRef vdi,
    string name,
    PoolOptions options,
    TimeProvider time,
    Random random,
    ILogger logger)
{
    /// <summary>
    /// How long the pool may take to answer: a host that hangs holds up the answer for all, until long after whoever
    /// asks has given up.
    /// </summary>
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(10);

    /// <summary>The ways to the VDI, best first; at least one.</summary>
    /// <exception cref="DiskException">There is none; the message says why, and what to do.</exception>
    public async Task<IReadOnlyList<PoolServer>> FindAsync(CancellationToken cancellationToken)
    {
        // Before anything is asked: what is gone needs no asking.
        VdiCheck.Find(vdi, name, pool.Database);
        IReadOnlyList<VdiNbdServerInfo>? answer = await AskAsync(cancellationToken).ConfigureAwait(false);
        PoolDatabase database = pool.Database;
        VdiRecord record = VdiCheck.Find(vdi, name, database);
        VdiWriter? writer = VdiWriter.Of(record, database);
        NetworkRecord? network = NbdNetworks.RestrictionOf(options.Network, database);
        IReadOnlyList<PoolServer> candidates = answer is null
            ? ServerCandidates.From(database, record, pool.Session)
            : ServerCandidates.From(answer, record, database);
        IReadOnlyList<PoolServer> chosen =
            new ServerSelection(network, writer, options.TrustStaleCertificates).Choose(candidates, database, random);
        return chosen.Count > 0 ? chosen : throw NbdRefusal.For(name, record, database, network, writer);
    }

    /// <summary>What XAPI answers; null when it cannot answer, which says nothing of the hosts that live.</summary>
    private async Task<IReadOnlyList<VdiNbdServerInfo>?> AskAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource timer = new(AnswerPatience, time);
        using CancellationTokenSource limit =
            CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            return await pool.GetNbdInfoAsync(vdi, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            DisksLog.ServersFromRecords(logger, name, $"no answer in {AnswerPatience.TotalSeconds:0} s");
            return null;
        }
        catch (XapiException exception) when (IsFinal(exception))
        {
            throw exception.ToDiskException($"the pool does not give out {name}");
        }
        catch (XapiException exception)
        {
            DisksLog.ServersFromRecords(logger, name, exception.Message);
            return null;
        }
    }

    private static bool IsFinal(XapiException exception) => exception.Code
        is XapiCodes.HandleInvalid or XapiCodes.RbacPermissionDenied or XapiCodes.SessionAuthenticationFailed
        or XapiCodes.SessionAuthorizationFailed or "VDI_INCOMPATIBLE_TYPE";
}
