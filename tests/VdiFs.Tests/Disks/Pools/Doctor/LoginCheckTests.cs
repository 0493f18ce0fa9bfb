using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Pools;
using VdiFs.Disks.Pools.Doctor;
using VdiFs.Tests.Disks.Pools.Simulated;
using VdiFs.Xapi;
using Xunit;

namespace VdiFs.Tests.Disks.Pools.Doctor;

public sealed class LoginCheckTests : SimulatedPoolTest
{
    [Fact]
    public async Task A_login_gives_the_session_that_all_else_is_asked_with()
    {
        (XapiSession? session, Finding finding) = await RunAsync(Pool.Options());
        finding.AssertIs(FindingLevel.Ok, $"root is logged in at {Pool.Address.Host}, the coordinator", cure: null);
        await session!.DisposeAsync();
    }

    [Fact]
    public async Task A_wrong_password_is_to_be_checked()
    {
        Pool.State.Faults.WrongPasswordDelay = TimeSpan.Zero;
        CatalogOptions options =
            Pool.Options(options: pool => pool with { Password = new PoolPassword("wrong password") });
        await FailsAsync(options, "does not accept this user and password", "(--password-file)");
    }

    [Fact]
    public async Task Another_certificate_is_to_be_compared_on_the_host()
    {
        CatalogOptions options = Pool.Options() with { Tls = new TlsOptions { Fingerprint = new string('a', 64) } };
        await FailsAsync(options, "certificate", "openssl x509 -in /etc/xensource/xapi-ssl.pem");
    }

    [Fact]
    public async Task A_host_that_cannot_be_reached_is_to_be_looked_for()
    {
        XapiAddress nowhere = Pool.Address with { Port = 1 };
        await FailsAsync(Pool.Options(), "cannot connect", $"nc -vz {nowhere.Host} 1", nowhere);
    }

    [Theory]
    [InlineData("SESSION_AUTHORIZATION_FAILED", "xe subject-role-add uuid=<subject uuid> role-name=vm-admin")]
    [InlineData("HOST_STILL_BOOTING", "systemctl status xapi; tail /var/log/xensource.log")]
    public async Task A_refusal_has_its_own_cure(string code, string cure)
    {
        Pool.State.Faults.EmergencyError = code;
        await FailsAsync(Pool.Options(), code, cure);
        Pool.State.Faults.EmergencyError = null;
    }

    private Task<(XapiSession? Session, Finding Finding)> RunAsync(
        CatalogOptions options, XapiAddress? address = null) => LoginCheck.RunAsync(
        address ?? Pool.Address, options, Pool.Log, TestContext.Current.CancellationToken);

    private async Task FailsAsync(CatalogOptions options, string text, string cure, XapiAddress? address = null)
    {
        (XapiSession? session, Finding finding) = await RunAsync(options, address);
        Assert.Null(session);
        finding.AssertIs(FindingLevel.Problem, text, cure);
    }
}
