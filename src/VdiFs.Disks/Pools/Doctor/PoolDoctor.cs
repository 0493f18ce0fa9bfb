using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Pools.Owners;
using VdiFs.Xapi;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Doctor;

/// <summary>Examines a pool from outside to inside: each thing needs those before it. Changes nothing.</summary>
public static class PoolDoctor
{
    /// <summary>Everything that reading the pool's disks needs, a finding at a time.</summary>
    /// <param name="source">The pool's address.</param>
    /// <param name="options">How it is logged in to.</param>
    /// <param name="logger">Told what the clients have to say.</param>
    /// <param name="cancellationToken">Ends the examination.</param>
    /// <exception cref="DiskException">BadSource: the source is no pool.</exception>
    public static async IAsyncEnumerable<Finding> ExamineAsync(
        string source,
        CatalogOptions options,
        ILogger logger,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!XapiAddress.TryParse(source, out XapiAddress? address, out string error))
        {
            throw new DiskException(DiskErrorKind.BadSource, $"vdifs doctor examines pools: {error}");
        }

        (XapiSession? session, Finding login) =
            await LoginCheck.RunAsync(address, options, logger, cancellationToken).ConfigureAwait(false);
        yield return login;
        if (session is null)
        {
            yield break;
        }

        await using (session.ConfigureAwait(false))
        {
            yield return await RoleCheck.RunAsync(session, cancellationToken).ConfigureAwait(false);
            PoolMirror mirror = await PoolMirror.StartAsync(session, logger, cancellationToken).ConfigureAwait(false);
            await using (mirror.ConfigureAwait(false))
            {
                PoolDatabase pool = mirror.Current;
                DateTimeOffset now = TimeProvider.System.GetUtcNow();
                foreach (Finding finding in (IEnumerable<Finding>)
                [
                    .. HostChecks.Run(pool, now),
                    .. NetworkChecks.Run(pool),
                    .. LeftoverChecks.Run(pool),
                    .. OrphanChecks.Run(pool, new OwnerJudge(LinuxProcessTable.Instance)),
                ])
                {
                    yield return finding;
                }

                await foreach (Finding finding in
                    NbdServerChecks.RunAsync(pool, logger, cancellationToken).ConfigureAwait(false))
                {
                    yield return finding;
                }

                await foreach (Finding finding in
                    LicenceCheck.RunAsync(session, pool, cancellationToken).ConfigureAwait(false))
                {
                    yield return finding;
                }
            }
        }
    }
}
