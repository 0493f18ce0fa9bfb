using VdiFs.Formats;
using Xunit;

namespace VdiFs.Tests.Formats;

public sealed class DerivedIdTests
{
    [Fact]
    public void Uuid_is_the_marked_hash_of_identity_format_and_role()
    {
        Assert.Equal(
            Guid.Parse("4e505aa8-48a5-8789-b2fe-31c3514552eb"),
            DerivedId.Uuid(TestDisk.SomeIdentity, "fixed.vhd", "image"));
    }

    [Fact]
    public void Format_and_role_do_not_run_into_each_other()
    {
        Assert.NotEqual(
            DerivedId.Uuid(TestDisk.SomeIdentity, "a", "bc"), DerivedId.Uuid(TestDisk.SomeIdentity, "ab", "c"));
    }

    [Fact]
    public void Another_snapshot_of_the_disk_has_another_id()
    {
        DateTimeOffset time = TestDisk.SomeIdentity.SnapshotTime.AddTicks(1);
        DiskIdentity later = TestDisk.SomeIdentity with { SnapshotTime = time };
        Assert.NotEqual(
            DerivedId.Uuid(TestDisk.SomeIdentity, "vmdk", "image"), DerivedId.Uuid(later, "vmdk", "image"));
    }
}
