using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Disks;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Pools;
using VdiFs.Xapi;
using Xunit;

namespace VdiFs.Tests.Disks.Pools;

/// <summary>What a pool may be mounted with.</summary>
public sealed class PoolOptionsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public void As_many_connections_to_a_host_as_it_takes(int connections) =>
        Assert.Equal(connections, new PoolOptions { HostConnections = connections }.HostConnections);

    [Theory]
    [InlineData(0)]
    [InlineData(17)]
    public void No_other_number(int connections) => Assert.Throws<ArgumentOutOfRangeException>(
        () => new PoolOptions { HostConnections = connections });

    [Theory]
    [InlineData(1)]
    [InlineData(24 * 60 * 60)]
    public void A_disk_is_idle_after_a_second_at_least_and_a_day_at_most(int seconds)
    {
        TimeSpan time = TimeSpan.FromSeconds(seconds);

        Assert.Equal(time, new PoolOptions { IdleTimeout = time }.IdleTimeout);
        TimeSpan beyond = seconds == 1 ? time - TimeSpan.FromTicks(1) : time + TimeSpan.FromTicks(1);
        Assert.Throws<ArgumentOutOfRangeException>(() => new PoolOptions { IdleTimeout = beyond });
    }

    [Theory]
    [InlineData("pool", null, null)]
    [InlineData(null, "/certificate.pem", null)]
    [InlineData(null, null, "/key.pem")]
    public async Task Options_that_a_pool_has_no_use_for_are_refused_before_it_is_asked(
        string? hostName, string? certificateFile, string? keyFile)
    {
        TlsOptions tls = new() { HostName = hostName, CertificateFile = certificateFile, KeyFile = keyFile };
        DiskException refusal = await LoginAsync(tls, new PoolPassword("secret"));

        Assert.Equal(DiskErrorKind.BadSource, refusal.Kind);
        Assert.Contains("--ca or --fingerprint alone", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_password_the_pool_is_not_asked()
    {
        DiskException refusal = await LoginAsync(tls: null, password: null);

        Assert.Equal(DiskErrorKind.BadSource, refusal.Kind);
        Assert.Contains("--password-file", refusal.Message, StringComparison.Ordinal);
    }

    // Nobody listens at the address: whoever asks gets another kind of error.
    private static Task<DiskException> LoginAsync(TlsOptions? tls, PoolPassword? password) =>
        Assert.ThrowsAsync<DiskException>(() => XapiPool.LoginAsync(
            new XapiAddress("root", "127.0.0.1", 1),
            new CatalogOptions
            {
                MountTime = DateTimeOffset.UnixEpoch, Tls = tls, Pool = new PoolOptions { Password = password },
            },
            NullLogger.Instance,
            TestContext.Current.CancellationToken));
}
