using System.Runtime.CompilerServices;
using VdiFs.Xapi;
using VdiFs.Xapi.Calls;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Doctor;

/// <summary>Whether the hosts' licences let changed blocks be tracked (XenServer; XCP-ng restricts nothing).</summary>
internal static class LicenceCheck
{
    private const string Subject = "CBT licence";
    private const string Restriction = "restrict_cbt";

    public static async IAsyncEnumerable<Finding> RunAsync(
        XapiSession session, PoolDatabase pool, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (HostRecord host in pool.Hosts.Values.OrderBy(host => host.NameLabel, StringComparer.Ordinal))
        {
            yield return await AskAsync(session, host, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<Finding> AskAsync(
        XapiSession session, HostRecord host, CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyDictionary<string, string> licence =
                await session.GetLicenceParametersAsync(host.Ref, cancellationToken).ConfigureAwait(false);
            return licence.GetValueOrDefault(Restriction) == "true"
                ? Finding.Warning(
                    Subject,
                    $"{host.NameLabel} may not track changed blocks; whole disks are read all the same",
                    "a licence of XenServer Premium Edition")
                : Finding.Ok(Subject, $"{host.NameLabel} may track changed blocks");
        }
        catch (XapiException exception)
        {
            return Finding.Warning(
                Subject,
                $"{host.NameLabel} does not tell: {exception.Message}",
                $"xe host-license-view host-uuid={host.Uuid}");
        }
    }
}
