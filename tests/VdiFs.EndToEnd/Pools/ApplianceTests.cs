using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Judges;
using VdiFs.Pool.State;

namespace VdiFs.EndToEnd.Pools;

/// <summary>A whole VM as one file, taken apart by tar and judged by qemu-img.</summary>
public sealed class ApplianceTests : PoolTest
{
    [Fact]
    public void A_snapshot_of_a_vm_is_an_archive_of_its_descriptor_and_its_disks()
    {
        VdifsMount mount = Pool.Mount("--formats", "ova");
        string snapshot = Directory.GetDirectories(Path.Combine(mount.Directory, "vms/web01/snapshots")).Order().First();
        string appliance = Assert.Single(Directory.GetFiles(snapshot, "*.ova"));
        string target = Bench.NewDirectory("taken-apart");

        Command.Ok("cp", appliance, Bench.PathOf("copy.ova"));
        Bytes.AssertEqual(Bench.PathOf("copy.ova"), appliance);
        Command.Ok("tar", "-xf", appliance, "-C", target);

        string[] files = [.. Command.Ok("tar", "-tf", appliance).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        Assert.EndsWith(".ovf", files[0], StringComparison.Ordinal);
        Assert.Equal(3, files.Length);
        VdiObject[] disks = [.. DisksOf(Path.GetFileName(snapshot))];
        Assert.Equal(2, disks.Length);
        for (int index = 0; index < disks.Length; index++)
        {
            string image = Path.Combine(target, files[index + 1]);
            string sectors = DiskImage.PaddedToSectors(Bench, Pool.FileOf(disks[index]));
            QemuImg.AssertHolds(sectors, image, "vmdk");
        }
    }

    [Fact]
    public void It_is_not_listed_unless_asked_for_and_looking_costs_nothing()
    {
        VdifsMount mount = Pool.Mount();
        Assert.DoesNotContain(".ova", Command.Ok("find", mount.Directory), StringComparison.Ordinal);
        Assert.Equal(0, Pool.ExportsServed);
        Assert.Equal(0, Pool.NbdConnectionsTaken);
    }

    // By position, as the descriptor has them. Both snapshots bear one name, and so a part of their uuids.
    private IEnumerable<VdiObject> DisksOf(string folder)
    {
        VmObject snapshot = Pool.State.All<VmObject>().Single(
            vm => vm.IsASnapshot && folder.EndsWith(vm.Uuid[..8], StringComparison.Ordinal));
        return Pool.State.All<VbdObject>()
            .Where(vbd => vbd.Vm == snapshot && vbd.Type == "Disk")
            .OrderBy(vbd => vbd.UserDevice, StringComparer.Ordinal)
            .Select(vbd => vbd.Vdi!);
    }
}
