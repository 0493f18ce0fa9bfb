using System.Collections.Immutable;
using VdiFs.Disks.Pools;
using VdiFs.Disks.Pools.Doctor;
using VdiFs.Pool.State;
using VdiFs.Tests.Disks.Pools.Simulated;
using VdiFs.Xapi.Model;
using Xunit;

namespace VdiFs.Tests.Disks.Pools.Doctor;

public sealed class NbdServerChecksTests : SimulatedPoolTest
{
    private HostObject Host => Pool.State.Hosts[1];

    [Fact]
    public async Task Servers_that_show_the_certificate_of_the_records_need_nothing()
    {
        IReadOnlyList<Finding> found = await RunAsync();
        Assert.Equal(3, found.Count);
        Assert.All(found, finding => finding.AssertIs(
            FindingLevel.Ok, ":10809 answers over TLS with the certificate that XAPI names", cure: null));
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_to_be_looked_for()
    {
        const string nowhere = "127.255.0.1";
        Finding finding = await FailsAsync(
            $"nc -vz {nowhere} 10809",
            pool => pool with
            {
                Pifs = pool.Pifs.ToImmutableDictionary(
                    pif => pif.Key,
                    pif => pif.Value.Ip == Host.Address ? pif.Value with { Ip = nowhere } : pif.Value),
            });
        Assert.StartsWith($"{Host.NameLabel} at {nowhere}:10809: ", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_with_an_old_certificate_is_to_be_restarted()
    {
        Pool.Actions.ReplaceCertificate(Host);
        await FailsAsync("systemctl restart xapi-nbd");
    }

    [Fact]
    public async Task A_server_that_hangs_up_has_too_many_clients()
    {
        Host.Faults.NbdConnectionLimit = 0;
        await FailsAsync("all of the host's 16 connections are in use");
    }

    [Fact]
    public async Task A_server_of_an_insecure_network_is_asked_without_TLS()
    {
        Pool.State.Mutate(() =>
        {
            foreach (NetworkObject network in Pool.State.All<NetworkObject>().Where(one => one.Purpose.Contains("nbd")))
            {
                network.Purpose.Remove("nbd");
                network.Purpose.Add("insecure_nbd");
            }
        });
        IReadOnlyList<Finding> found = await RunAsync();
        Assert.Equal(3, found.Count);
        Assert.All(found, finding =>
            finding.AssertIs(FindingLevel.Ok, ":10809 answers, without TLS", cure: null));
    }

    private async Task<Finding> FailsAsync(string cure, Func<PoolDatabase, PoolDatabase>? change = null)
    {
        IReadOnlyList<Finding> found = await RunAsync(change);
        Assert.Equal(3, found.Count);
        Finding problem = Assert.Single(found, finding => finding.Level != FindingLevel.Ok);
        problem.AssertIs(FindingLevel.Problem, $"{Host.NameLabel} at ", cure);
        return problem;
    }

    private async Task<IReadOnlyList<Finding>> RunAsync(Func<PoolDatabase, PoolDatabase>? change = null)
    {
        List<Finding> found = [];
        await using XapiPool pool = await Pool.LoginAsync();
        await foreach (Finding finding in
            NbdServerChecks.RunAsync(
                change?.Invoke(pool.Database) ?? pool.Database, Pool.Log, TestContext.Current.CancellationToken))
        {
            found.Add(finding);
        }

        return found;
    }
}
