using System.Text.Json;
using VdiFs.Tests.Nbd.Scripted;
using VdiFs.Tests.Nbd.Tls;
using VdiFs.Tests.Xapi.Scripted;
using VdiFs.Xapi;
using Xunit;
using static VdiFs.Tests.Xapi.Scripted.Failing;

namespace VdiFs.Tests.Xapi.Session;

public sealed class TrustTests
{
    [Fact]
    public async Task The_systems_authorities_do_not_know_the_pool()
    {
        await using ScriptedPool pool = new();
        XapiException refusal = await pool.LoginAsync(pool.Options with { CaFile = null })
            .FailsAsync(XapiErrorKind.CertificateRejected);
        Assert.Contains("--fingerprint", refusal.Message, StringComparison.Ordinal);
        Assert.False(refusal.IsTransient);
        Assert.Empty(pool.Requests);
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_refused()
    {
        await using ScriptedPool pool = new("one", "two");
        pool.Certify("two", new TestAuthority("x").Issue("elsewhere", ["elsewhere"]));
        await pool.LoginAsync(host: "two").FailsAsync(XapiErrorKind.CertificateRejected);
        Assert.Empty(pool.Requests);
    }

    [Fact]
    public async Task A_certificate_counts_by_its_dates_at_the_time_of_each_connection()
    {
        await using ScriptedPool pool = new();
        TestAuthority authority = new("of later days");
        File.WriteAllText(pool.CaFile, authority.Pem);
        pool.Certify("one", authority.Issue("one", ["one"], firstDay: -1, lastDay: 30));
        ManualClock time = new();
        time.Advance(DateTimeOffset.UtcNow - time.GetUtcNow());
        await using XapiSession session = await pool.LoginAsync(pool.Options with { TimeProvider = time });
        time.Advance(TimeSpan.FromDays(50));
        await CutAsync(pool, session).FailsAsync(XapiErrorKind.CertificateRejected);

        pool.Certify("one", authority.Issue("one", ["one"], firstDay: 40, lastDay: 70));
        time.Advance(TimeSpan.FromDays(1));
        await session.CallAsync("pool.get_all_records", [], Ending).WaitAsync(ScriptedHost.Bound, Ending);
        Assert.Equal(1, session.Generation);
    }

    [Fact]
    public async Task A_fingerprint_alone_decides()
    {
        await using ScriptedPool pool = new();
        pool.Certify("one", TestAuthority.SelfSigned("nobody", lastDay: 0, firstDay: -5));
        string digits = pool.FingerprintOf("one");
        string withColons = string.Join(':', digits.Chunk(2).Select(pair => new string(pair)));
        foreach (string text in new[] { digits, digits.ToLowerInvariant(), withColons, "sha-256:" + withColons })
        {
            await using XapiSession session =
                await pool.LoginAsync(pool.Options with { CaFile = null, Fingerprint = text });
        }

        XapiException refusal = await pool.LoginAsync(
            pool.Options with { CaFile = null, Fingerprint = new string('a', 64) })
            .FailsAsync(XapiErrorKind.CertificateRejected);
        Assert.Contains($"expected {new string('a', 64)}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_sight_is_remembered_and_a_change_is_refused_with_the_cure()
    {
        await using ScriptedPool pool = new();
        XapiOptions options = pool.Options with { CaFile = null, PinFile = pool.PinFile };
        for (int time = 0; time < 2; time++)
        {
            await using XapiSession session = await pool.LoginAsync(options);
        }

        Assert.Equal($"one:443 {pool.FingerprintOf("one").ToLowerInvariant()}\n", File.ReadAllText(pool.PinFile));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(pool.PinFile));
        Assert.Single(pool.Log.Lines, line => line.Contains("was never seen before", StringComparison.Ordinal));

        pool.Certify("one", TestAuthority.SelfSigned("one", ["one"]));
        int before = pool.Requests.Count;
        XapiException refusal = await pool.LoginAsync(options).FailsAsync(XapiErrorKind.CertificateRejected);
        Assert.Contains("has changed", refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"delete its line in {pool.PinFile}", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, pool.Requests.Count);

        File.WriteAllText(pool.PinFile, "");
        await using XapiSession again = await pool.LoginAsync(options);
    }

    [Fact]
    public async Task A_coordinator_whose_certificate_is_not_what_its_member_said_is_refused_even_at_first_sight()
    {
        await using ScriptedPool pool = new("one", "two") { TellsThumbprint = false };
        pool.Script = request => request.Host == "two"
            ? HostAnswer.FaultWith(
                $"{ScriptedPool.ThumbprintHeader}: {new string('a', 64)}\r\n", "HOST_IS_SLAVE", "one")
            : null;
        XapiException refusal = await pool
            .LoginAsync(pool.Options with { CaFile = null, PinFile = pool.PinFile }, "two")
            .FailsAsync(XapiErrorKind.CertificateRejected);
        Assert.Contains("the pool says aaaa", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("one:443 nonsense\n")]
    [InlineData("one:443 \n")]
    public async Task A_damaged_file_of_pins_is_said_and_nothing_is_trusted(string content)
    {
        await using ScriptedPool pool = new();
        Directory.CreateDirectory(Path.GetDirectoryName(pool.PinFile)!);
        File.WriteAllText(pool.PinFile, content);
        XapiException refusal = await pool.LoginAsync(pool.Options with { CaFile = null, PinFile = pool.PinFile })
            .FailsAsync(XapiErrorKind.TlsSetup);
        Assert.Contains("the line of one:443 is damaged", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(pool.Requests);
    }

    [Fact]
    public async Task Unusable_options_are_said_before_anybody_is_asked()
    {
        await using ScriptedPool pool = new();
        string empty = pool.CaFile + ".empty";
        File.WriteAllText(empty, "nothing");
        await pool.LoginAsync(pool.Options with { CaFile = empty }).FailsAsync(XapiErrorKind.TlsSetup);
        await pool.LoginAsync(pool.Options with { CaFile = empty + "-missing" }).FailsAsync(XapiErrorKind.TlsSetup);
        await pool.LoginAsync(pool.Options with { Fingerprint = "abc" }).FailsAsync(XapiErrorKind.TlsSetup);
    }

    [Fact]
    public async Task Nobody_there_is_a_failure_to_connect()
    {
        await using ScriptedPool pool = new();
        pool.Dead["one"] = true;
        XapiException failure = await pool.LoginAsync().FailsAsync(XapiErrorKind.ConnectFailed);
        Assert.Contains("cannot connect to one:443", failure.Message, StringComparison.Ordinal);
        Assert.True(failure.IsTransient);
    }

    /// <summary>Breaks the connection under a call that is repeated over another one.</summary>
    private static Task<JsonElement> CutAsync(ScriptedPool pool, XapiSession session)
    {
        int asked = 0;
        pool.Script = _ => asked++ == 0 ? HostAnswer.Cut() : null;
        return session.CallAsync("pool.get_all_records", [], Ending);
    }
}
