using VdiFs.Disks.Pools.Doctor;
using VdiFs.Disks.Pools.Owners;
using VdiFs.Disks.Pools.Snapshots;
using VdiFs.Xapi.Model;
using Xunit;

namespace VdiFs.Tests.Disks.Pools.Doctor;

public sealed class OrphanChecksTests
{
    private const string Dead = "machine/boot/pid:[1]/300/6000";
    private const string Elsewhere = "another/boot/pid:[1]/300/6000";

    private static readonly DateTimeOffset Begun = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly PoolBuilder _builder = new();
    private readonly VdiRecord _disk;

    public OrphanChecksTests() => _disk = _builder.Vdi(_builder.Sr("store"), "root");

    [Fact]
    public void What_is_not_ours_is_not_looked_at()
    {
        _builder.Snapshot(_disk, Begun);
        _builder.Put(new TaskRecord { Ref = _builder.Next("task"), Uuid = "t", NameLabel = "VM.start" });
        Run().AssertIs(FindingLevel.Ok, "nothing", cure: null);
    }

    [Theory]
    [InlineData(Dead, FindingLevel.Problem, "the next mount removes it; or: ")]
    [InlineData(Elsewhere, FindingLevel.Warning, "if that one is no more: ")]
    public void A_snapshot_is_its_owners(string owner, FindingLevel level, string cure)
    {
        VdiRecord snapshot = _builder.Snapshot(_disk, Begun);
        _builder.Put(snapshot with
        {
            OtherConfig = new Dictionary<string, string>
            {
                [PoolOwner.OwnerKey] = owner, [PoolOwner.SelfKey] = snapshot.Ref.ToString(),
            },
        });
        Run().AssertIs(level, $"snapshot {snapshot.Uuid} (root)", $"{cure}xe vdi-destroy uuid={snapshot.Uuid}");
    }

    [Theory]
    [InlineData(Dead, FindingLevel.Problem)]
    [InlineData(Elsewhere, FindingLevel.Warning)]
    public void A_task_is_its_owners(string owner, FindingLevel level)
    {
        _builder.Put(new TaskRecord
        {
            Ref = _builder.Next("task"), Uuid = "t", NameLabel = "VdiFs: reading", Status = "pending",
            OtherConfig = new Dictionary<string, string> { [PoolOwner.OwnerKey] = owner },
        });
        Run().AssertIs(level, "task t (VdiFs: reading)", "xe task-cancel uuid=t");
    }

    [Theory]
    [InlineData(Dead, FindingLevel.Problem)]
    [InlineData(Elsewhere, FindingLevel.Warning)]
    public void A_snapshot_without_a_mark_is_that_of_its_task(string owner, FindingLevel level)
    {
        VdiRecord taken = _builder.Snapshot(_disk, Begun);
        _builder.Snapshot(_disk, Begun);
        Put(owner, "success", taken.Ref);
        Run().AssertIs(level, $"snapshot {taken.Uuid} (root)", $"xe vdi-destroy uuid={taken.Uuid}");
    }

    [Fact]
    public void Where_the_task_does_not_tell_those_are_named_that_it_may_have_left()
    {
        VmRecord vm = _builder.Vm("a VM's snapshot");
        VdiRecord candidate = _builder.Snapshot(_disk, Begun);
        VdiRecord another = _builder.Snapshot(_disk, Begun.AddMinutes(1));
        _builder.Snapshot(_disk, Begun.AddMinutes(-2));
        _builder.Attach(vm, _builder.Snapshot(_disk, Begun), "0");
        _builder.Snapshot(_builder.Vdi(_builder.Sr("other"), "other"), Begun);
        Put(Dead, "cancelled");

        Finding finding = Assert.Single(Run());
        finding.AssertIs(
            FindingLevel.Warning,
            $"one of these, which no mount removes: snapshot {candidate.Uuid} (root), snapshot {another.Uuid} (root)",
            $"if it is nobody's: xe vdi-destroy uuid={candidate.Uuid}; or: xe vdi-destroy uuid={another.Uuid}");
    }

    [Theory]
    [InlineData("pending")]
    [InlineData("failure")]
    [InlineData("cancelled")]
    public void A_task_of_which_no_snapshot_came_is_a_task(string status)
    {
        _builder.Snapshot(_disk, Begun.AddMinutes(-2));
        Put(Dead, status);
        Run().AssertIs(FindingLevel.Problem, "task t (Async.VDI.snapshot)", "xe task-cancel uuid=t");
    }

    private void Put(string owner, string status, OpaqueRef snapshot = default) => _builder.Put(new TaskRecord
    {
        Ref = _builder.Next("task"), Uuid = "t", NameLabel = "Async.VDI.snapshot", Status = status, Created = Begun,
        Result = snapshot.IsNull ? "" : $"<value>{snapshot}</value>",
        OtherConfig = new SnapshotMark(_disk.Uuid, "1").NotesFor(PoolOwner.TryParse(owner)!)
            .ToDictionary(note => "http:" + note.Key, note => note.Value),
    });

    private IEnumerable<Finding> Run() => OrphanChecks.Run(_builder.Database, new OwnerJudge(new FakeProcesses()));
}
