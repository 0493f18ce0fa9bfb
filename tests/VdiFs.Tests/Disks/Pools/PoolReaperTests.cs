using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Disks.Pools;
using VdiFs.Disks.Pools.Owners;
using VdiFs.Disks.Pools.Snapshots;
using VdiFs.Xapi;
using VdiFs.Xapi.Model;
using Xunit;

namespace VdiFs.Tests.Disks.Pools;

public sealed class PoolReaperTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("vdifs-run-").FullName;
    private readonly PoolBuilder _builder = new();
    private readonly FakeProcesses _processes = new();
    private readonly SrRecord _sr;

    public PoolReaperTests()
    {
        _sr = _builder.Sr("store");
        _processes.Living[100] = 5000;
        _processes.Living[200] = 6000;
    }

    public static TheoryData<string, bool> Owners => new()
    {
        { "machine/boot/pid:[1]/100/5000", false },
        { "machine/boot/pid:[1]/200/6000", false },
        { "machine/boot/pid:[1]/200/5999", true },
        { "machine/boot/pid:[1]/300/6000", true },
        { "machine/earlier/pid:[1]/200/6000", true },
        { "machine/boot/pid:[2]/300/6000", false },
        { "other/boot/pid:[1]/300/6000", false },
        { "other/earlier/pid:[1]/300/6000", false },
        { "somebody", false },
        { "", false },
    };

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [MemberData(nameof(Owners))]
    public async Task Only_what_the_dead_of_this_machine_left_is_destroyed(string owner, bool isReaped)
    {
        VdiRecord origin = _builder.Vdi(_sr, "root");
        VdiRecord snapshot = _builder.Snapshot(origin, DateTimeOffset.UnixEpoch.AddYears(50));
        _builder.Put(snapshot with { OtherConfig = Notes(owner, snapshot.Ref) });
        TaskRecord task = _builder.Put(new TaskRecord
        {
            Ref = _builder.Next("task"), Uuid = "", Status = "pending",
            OtherConfig = new Dictionary<string, string> { [PoolOwner.OwnerKey] = owner },
        });
        FakePool pool = await RunAsync();

        Assert.Equal(!isReaped, pool.Database.Vdis.ContainsKey(snapshot.Ref));
        Assert.Equal(!isReaped, pool.Database.Tasks.ContainsKey(task.Ref));
        Assert.Equal(isReaped, pool.Calls.Contains("task.set_status cancelled"));
        Assert.True(pool.Database.Vdis.ContainsKey(origin.Ref));
    }

    [Fact]
    public async Task What_has_only_inherited_the_mark_is_left_alone()
    {
        const string dead = "machine/boot/pid:[1]/300/6000";
        VdiRecord own = _builder.Snapshot(_builder.Vdi(_sr, "root"), DateTimeOffset.UnixEpoch.AddYears(50));
        _builder.Put(own with { OtherConfig = Notes(dead, own.Ref) });
        VdiRecord copy = _builder.Vdi(_sr, "copy", vdi => vdi with { OtherConfig = Notes(dead, own.Ref) });
        VdiRecord ofTheCopy = _builder.Snapshot(copy, DateTimeOffset.UnixEpoch.AddYears(50));

        FakePool pool = await RunAsync();

        Assert.False(pool.Database.Vdis.ContainsKey(own.Ref));
        Assert.True(pool.Database.Vdis.ContainsKey(copy.Ref));
        Assert.True(pool.Database.Vdis.ContainsKey(ofTheCopy.Ref));
    }

    [Fact]
    public async Task The_session_of_a_dead_mount_is_logged_out_and_its_note_removed()
    {
        Write(new PoolOwner("machine", "boot", "pid:[1]", 300, 6000), PoolBuilder.PoolUuid, "OpaqueRef:dead");
        Write(new PoolOwner("machine", "boot", "pid:[1]", 200, 6000), PoolBuilder.PoolUuid, "OpaqueRef:living");
        Write(new PoolOwner("machine", "boot", "pid:[1]", 301, 6000), PoolBuilder.Uuid(99),
            "OpaqueRef:of-another-pool");

        FakePool pool = await RunAsync();

        Assert.Equal(["session.logout OpaqueRef:dead"], pool.Calls);
        Assert.Equal(2, Directory.GetFiles(_directory).Length);
    }

    [Fact]
    public async Task The_note_of_a_session_stays_until_the_pool_has_taken_the_logout()
    {
        Write(new PoolOwner("machine", "boot", "pid:[1]", 300, 6000), PoolBuilder.PoolUuid, "OpaqueRef:dead");
        File.SetLastWriteTimeUtc(Assert.Single(Directory.GetFiles(_directory)), DateTime.UnixEpoch);

        await RunAsync(call => call.StartsWith("session.logout", StringComparison.Ordinal)
            ? new XapiException(XapiErrorKind.ConnectionLost, "the connection broke")
            : null);
        Assert.Single(Directory.GetFiles(_directory));
        FakePool pool = await RunAsync();

        Assert.Equal(["session.logout OpaqueRef:dead"], pool.Calls);
        Assert.Empty(Directory.GetFiles(_directory));
    }

    [Fact]
    public void A_note_is_for_this_user_alone_and_goes_with_its_mount()
    {
        SessionNotes notes = Notes(_processes.Self);
        notes.Write(PoolBuilder.PoolUuid, new PoolSecret("OpaqueRef:one"));
        notes.Write(PoolBuilder.PoolUuid, new PoolSecret("OpaqueRef:two"));

        string file = Assert.Single(Directory.GetFiles(_directory));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Contains("OpaqueRef:two", File.ReadAllText(file), StringComparison.Ordinal);
        notes.Remove();
        Assert.Empty(Directory.GetFiles(_directory));
    }

    [Fact]
    public void This_process_knows_itself_and_is_alive()
    {
        PoolOwner self = LinuxProcessTable.Instance.Self;

        Assert.Equal(self, PoolOwner.TryParse(self.ToString()));
        Assert.False(new OwnerJudge(LinuxProcessTable.Instance).IsDead(self));
        Assert.True(new OwnerJudge(LinuxProcessTable.Instance).IsDead(self with { StartTicks = self.StartTicks - 1 }));
    }

    [Theory]
    [InlineData("machine", true)]
    [InlineData(PoolOwner.Unknown, false)]
    public void Another_boot_is_an_earlier_one_only_of_a_machine_that_has_an_id(string machine, bool isDead)
    {
        PoolOwner self = new(machine, "boot", "pid:[1]", 100, 5000);
        OwnerJudge judge = new(new FakeProcesses { Self = self });

        Assert.Equal(isDead, judge.IsDead(self with { Boot = "another" }));
        Assert.True(judge.IsDead(self with { Pid = 101 }));
    }

    private static Dictionary<string, string> Notes(string owner, OpaqueRef self) => new()
    {
        [PoolOwner.OwnerKey] = owner, [PoolOwner.SelfKey] = self.ToString(),
    };

    private void Write(PoolOwner owner, string pool, string session) =>
        Notes(owner).Write(pool, new PoolSecret(session));

    private SessionNotes Notes(PoolOwner owner) => new(_directory, owner, TimeProvider.System, NullLogger.Instance);

    private async Task<FakePool> RunAsync(Func<string, XapiException?>? fail = null)
    {
        FakePool pool = new(_builder.Database);
        pool.Fail = fail ?? pool.Fail;
        using AutoSnapshots snapshots = new(pool, _processes.Self, TimeProvider.System, NullLogger.Instance);
        PoolReaper reaper =
            new(
                pool,
                Notes(_processes.Self),
                new OwnerJudge(_processes),
                snapshots,
                TimeProvider.System,
                NullLogger.Instance);
        await reaper.RunAsync(TestContext.Current.CancellationToken);
        return pool;
    }
}
