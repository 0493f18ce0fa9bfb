using VdiFs.Disks.Pools.Doctor;
using VdiFs.Tests.Xapi.Scripted;
using VdiFs.Xapi;
using VdiFs.Xapi.Model;
using Xunit;

namespace VdiFs.Tests.Disks.Pools.Doctor;

/// <summary>What is asked of the pool with a session: the user's role, the hosts' licences.</summary>
public sealed class SessionChecksTests : IAsyncDisposable
{
    private const string Superuser = "session.get_is_local_superuser";
    private const string Permissions = "session.get_rbac_permissions";
    private const string Licence = "host.get_license_params";

    private readonly ScriptedPool _pool = new();

    public ValueTask DisposeAsync() => _pool.DisposeAsync();

    [Fact]
    public async Task The_local_superuser_may_do_everything()
    {
        Answer(Superuser, HostAnswer.Result("true"));
        (await AskRoleAsync()).AssertIs(FindingLevel.Ok, "root is the local superuser", cure: null);
    }

    [Fact]
    public async Task A_user_who_may_read_disks_needs_nothing()
    {
        Answer(Superuser, HostAnswer.Result("false"));
        Answer(Permissions, HostAnswer.Result("""["vm.start","VDI.get_nbd_info"]"""));
        (await AskRoleAsync()).AssertIs(FindingLevel.Ok, "root may read disks over NBD", cure: null);
    }

    [Fact]
    public async Task A_user_who_may_not_is_to_be_given_a_role()
    {
        Answer(Superuser, HostAnswer.Result("false"));
        Answer(Permissions, HostAnswer.Result("""["vm.start"]"""));
        (await AskRoleAsync()).AssertIs(
            FindingLevel.Problem,
            "root may not read disks over NBD",
            "xe subject-role-add uuid=<subject uuid of root, see xe subject-list> role-name=vm-admin");
    }

    [Fact]
    public async Task A_pool_that_does_not_tell_roles_is_no_problem_yet()
    {
        (await AskRoleAsync()).AssertIs(
            FindingLevel.Warning, "MESSAGE_METHOD_UNKNOWN", "use a user with the role vm-admin");
    }

    [Theory]
    [InlineData("""{"restrict_cbt":"false"}""", FindingLevel.Ok, "may track changed blocks", null)]
    [InlineData("{}", FindingLevel.Ok, "may track changed blocks", null)]
    [InlineData(
        """{"restrict_cbt":"true"}""",
        FindingLevel.Warning,
        "may not track changed blocks",
        "a licence of XenServer Premium Edition")]
    public async Task A_licence_may_forbid_changed_blocks(
        string parameters, FindingLevel level, string text, string? cure)
    {
        Answer(Licence, HostAnswer.Result(parameters));
        (await AskLicenceAsync()).Finding.AssertIs(level, $"one {text}", cure);
    }

    [Fact]
    public async Task A_host_that_does_not_tell_its_licence_is_to_be_asked_on_the_spot()
    {
        (Finding finding, HostRecord host) = await AskLicenceAsync();
        finding.AssertIs(
            FindingLevel.Warning, "one does not tell: ", $"xe host-license-view host-uuid={host.Uuid}");
    }

    private void Answer(string method, HostAnswer answer)
    {
        Func<HostRequest, HostAnswer?> others = _pool.Script;
        _pool.Script = request => request.Method == method ? answer : others(request);
    }

    private async Task<Finding> AskRoleAsync()
    {
        await using XapiSession session = await _pool.LoginAsync();
        return await RoleCheck.RunAsync(session, TestContext.Current.CancellationToken);
    }

    private async Task<(Finding Finding, HostRecord Host)> AskLicenceAsync()
    {
        PoolBuilder builder = new();
        HostRecord host = builder.Host("one", "10.0.0.1");
        await using XapiSession session = await _pool.LoginAsync();
        List<Finding> found = [];
        await foreach (Finding finding in
            LicenceCheck.RunAsync(session, builder.Database, TestContext.Current.CancellationToken))
        {
            found.Add(finding);
        }

        return (Assert.Single(found), host);
    }
}
