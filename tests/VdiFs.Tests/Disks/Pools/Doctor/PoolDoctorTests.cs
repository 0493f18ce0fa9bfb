using VdiFs.Disks;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Pools;
using VdiFs.Disks.Pools.Doctor;
using VdiFs.Tests.Disks.Pools.Simulated;
using Xunit;

namespace VdiFs.Tests.Disks.Pools.Doctor;

/// <summary>The whole examination; that it leaves nothing in the pool is held by every simulated pool.</summary>
public sealed class PoolDoctorTests : SimulatedPoolTest
{
    [Fact]
    public async Task A_healthy_pool_is_examined_from_outside_to_inside_and_nothing_in_it_is_changed()
    {
        int before = Pool.State.All<VdiFs.Pool.State.VdiObject>().Count;
        IReadOnlyList<Finding> found = await ExamineAsync(Pool.Source, Pool.Options());
        Assert.Equal(
            ["login", "role", "host", "certificate", "NBD network", "dom0 VBD", "left by vdifs", "NBD server",
                "CBT licence"],
            found.Select(finding => finding.Subject).Distinct());
        Assert.DoesNotContain(found, finding => finding.Level == FindingLevel.Problem);
        Assert.Equal(before, Pool.State.All<VdiFs.Pool.State.VdiObject>().Count);
    }

    [Fact]
    public async Task Whoever_cannot_log_in_is_asked_no_further()
    {
        Pool.State.Faults.WrongPasswordDelay = TimeSpan.Zero;
        IReadOnlyList<Finding> found = await ExamineAsync(
            Pool.Source, Pool.Options(options: pool => pool with { Password = new PoolPassword("wrong password") }));
        Assert.Equal("login", Assert.Single(found).Subject);
        Assert.DoesNotContain("wrong password", found[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_pool_is_not_examined()
    {
        DiskException error =
            await Assert.ThrowsAsync<DiskException>(() => ExamineAsync("nbd://server", Pool.Options()));
        Assert.Equal(DiskErrorKind.BadSource, error.Kind);
        Assert.Contains("vdifs doctor examines pools", error.Message, StringComparison.Ordinal);
    }

    private async Task<IReadOnlyList<Finding>> ExamineAsync(string source, CatalogOptions options)
    {
        List<Finding> found = [];
        await foreach (Finding finding in
            PoolDoctor.ExamineAsync(source, options, Pool.Log, TestContext.Current.CancellationToken))
        {
            found.Add(finding);
        }

        return found;
    }
}
