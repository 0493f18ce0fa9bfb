using VdiFs.Disks.Pools.Doctor;
using VdiFs.Xapi.Model;
using Xunit;

namespace VdiFs.Tests.Disks.Pools.Doctor;

public sealed class LeftoverChecksTests
{
    private readonly PoolBuilder _builder = new();
    private readonly VdiRecord _disk;
    private readonly VmRecord _dom0;

    public LeftoverChecksTests()
    {
        _disk = _builder.Vdi(_builder.Sr("store"), "root");
        _dom0 = _builder.Vm("Control domain on one", vm => vm with { IsControlDomain = true });
    }

    [Fact]
    public void Disks_of_VMs_and_drives_of_control_domains_are_nobodys_leftovers()
    {
        _builder.Attach(_builder.Vm("web01"), _disk, "0");
        _builder.Attach(_dom0, _disk, "3", vbd => vbd with { Type = "CD" });
        Run().AssertIs(FindingLevel.Ok, "no disk is held by a control domain", cure: null);
    }

    [Theory]
    [InlineData(true, "is held by Control domain on one")]
    [InlineData(false, "is kept by Control domain on one")]
    public void A_disk_that_a_control_domain_has_may_be_left_behind(bool isAttached, string text)
    {
        VbdRecord vbd = _builder.Attach(_dom0, _disk, "0", vbd => vbd with { CurrentlyAttached = isAttached });
        Run().AssertIs(
            FindingLevel.Warning,
            $"VDI {_disk.Uuid} {text}",
            $"xe vbd-unplug uuid={vbd.Uuid}; xe vbd-destroy uuid={vbd.Uuid}");
    }

    private IEnumerable<Finding> Run() => LeftoverChecks.Run(_builder.Database);
}
