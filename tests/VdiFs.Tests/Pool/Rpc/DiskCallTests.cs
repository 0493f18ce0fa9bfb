using VdiFs.Pool.Demo;
using VdiFs.Pool.Rpc;
using VdiFs.Pool.State;
using Xunit;

namespace VdiFs.Tests.Pool.Rpc;

public sealed class DiskCallTests
{
    [Fact]
    public async Task Nbd_info_has_a_record_for_each_host_that_sees_the_disk()
    {
        await using var bench = new RpcBench();
        VdiObject vdi = bench.Vdi("web01 root");
        RpcValue infos = await bench.CallAsync("VDI.get_nbd_info", vdi.Ref);
        Assert.Equal(bench.State.Hosts.Select(host => host.Address), Member(infos, "address"));
        Assert.Equal(bench.State.Hosts.Select(host => host.Hostname), Member(infos, "subject"));
        Assert.All(Member(infos, "exportname"), name =>
            Assert.Equal($"/{vdi.Uuid}?session_id={bench.Session}", name));
        Assert.All(infos.Items, info => Assert.Equal(10809, info.Member("port")!.Int));
        Assert.Equal(
            ["exportname", "address", "port", "cert", "subject"],
            infos.Items[0].Members.Select(member => member.Key));
    }

    [Fact]
    public async Task Nbd_info_of_a_local_disk_names_its_host_alone()
    {
        await using var bench = new RpcBench();
        RpcValue infos = await bench.CallAsync("VDI.get_nbd_info", bench.Vdi("orphan").Ref);
        Assert.Equal([bench.State.Hosts[2].Address], Member(infos, "address"));
    }

    [Fact]
    public async Task Nbd_info_fails_as_a_whole_when_one_host_is_dead()
    {
        await using var bench = new RpcBench();
        HostObject dead = bench.State.Hosts[2];
        bench.Actions.Kill(dead);
        string vdi = bench.Vdi("web01 root").Ref;
        Assert.Equal(
            ["HOST_OFFLINE", dead.Ref], await RpcBench.ErrorAsync(bench.CallAsync("VDI.get_nbd_info", vdi)));
        bench.State.Mutate(() => dead.Metrics.Live = true);
        Assert.Equal(
            ["CANNOT_CONTACT_HOST", dead.Ref], await RpcBench.ErrorAsync(bench.CallAsync("VDI.get_nbd_info", vdi)));
        bench.Actions.Revive(dead);
        Assert.Equal(3, (await bench.CallAsync("VDI.get_nbd_info", vdi)).Items.Count);
    }

    [Fact]
    public async Task Nbd_info_is_empty_without_a_network_for_nbd()
    {
        await using var bench = new RpcBench();
        await bench.CallAsync("network.remove_purpose", bench.Network.Ref, "nbd");
        Assert.Empty((await bench.CallAsync("VDI.get_nbd_info", bench.Vdi("web01 root").Ref)).Items);
    }

    [Fact]
    public async Task Secure_and_insecure_nbd_do_not_mix_in_a_pool()
    {
        await using var bench = new RpcBench();
        string other = bench.State.All<NetworkObject>().First(network => network != bench.Network).Ref;
        Assert.Equal(
            ["NETWORK_INCOMPATIBLE_PURPOSES", "insecure_nbd", "nbd"],
            await RpcBench.ErrorAsync(bench.CallAsync("network.add_purpose", other, "insecure_nbd")));
    }

    [Fact]
    public async Task Nbd_info_lists_the_addresses_of_both_families()
    {
        await using var bench = new RpcBench();
        bench.State.Mutate(() =>
            bench.State.All<PifObject>().First(pif => pif.Host == bench.State.Hosts[2]).Ipv6.Add("fd00::3/64"));
        RpcValue infos = await bench.CallAsync("VDI.get_nbd_info", bench.Vdi("orphan").Ref);
        Assert.Equal([bench.State.Hosts[2].Address, "fd00::3"], Member(infos, "address"));
    }

    [Fact]
    public async Task Nbd_info_refuses_a_disk_without_data()
    {
        await using var bench = new RpcBench();
        VdiObject vdi = bench.State.All<VdiObject>().Single(one => one.Type == "cbt_metadata");
        Assert.Equal(
            ["VDI_INCOMPATIBLE_TYPE", vdi.Ref, "cbt_metadata"],
            await RpcBench.ErrorAsync(bench.CallAsync("VDI.get_nbd_info", vdi.Ref)));
    }

    [Fact]
    public async Task A_replaced_certificate_shows_in_the_calls_and_not_at_nbd()
    {
        await using var bench = new RpcBench();
        HostObject host = bench.State.Hosts[2];
        string before = host.ServerCertificate!.Thumbprint;
        bench.Actions.ReplaceCertificate(host);
        RpcValue pem = await bench.CallAsync("host.get_server_certificate", host.Ref);
        Assert.Equal(host.ServerCertificate.ExportCertificatePem() + "\n", pem.Text);
        Assert.NotEqual(before, host.ServerCertificate.Thumbprint);
        Assert.Equal(before, host.NbdCertificate!.Thumbprint);
    }

    [Fact]
    public async Task A_snapshot_is_like_its_disk_and_both_stand_on_a_base_copy()
    {
        await using var bench = new RpcBench();
        VdiObject vdi = bench.Vdi("orphan");
        await bench.CallAsync("VDI.add_tags", vdi.Ref, "tag");
        string reference = (await bench.CallAsync("VDI.snapshot", vdi.Ref)).Text;
        VdiObject snapshot = bench.State.Get<VdiObject>(reference);
        Assert.True(snapshot.IsASnapshot);
        Assert.Equal(vdi.Ref, snapshot.SnapshotOf);
        Assert.Equal([reference], vdi.Snapshots);
        Assert.Equal(["tag"], snapshot.Tags);
        Assert.Equal(vdi.NameLabel, snapshot.NameLabel);
        VdiObject baseCopy = bench.State.GetByUuid<VdiObject>(vdi.SmConfig["vhd-parent"]!);
        Assert.False(baseCopy.Managed);
        Assert.Equal(baseCopy.Uuid, snapshot.SmConfig["vhd-parent"]);
        await bench.CallAsync("VDI.destroy", reference);
        Assert.True(baseCopy.IsGone);
        Assert.Null(vdi.SmConfig["vhd-parent"]);
        Assert.Empty(vdi.Snapshots);
    }

    [Fact]
    public async Task A_raw_volume_has_no_snapshots()
    {
        await using var bench = new RpcBench();
        VdiObject vdi = bench.Vdi("raw volume");
        Assert.Equal(
            ["SR_OPERATION_NOT_SUPPORTED", vdi.Sr.Ref],
            await RpcBench.ErrorAsync(bench.CallAsync("VDI.snapshot", vdi.Ref)));
    }

    [Fact]
    public async Task A_full_sr_refuses_a_snapshot()
    {
        await using var bench = new RpcBench();
        VdiObject vdi = bench.Vdi("orphan");
        bench.State.Mutate(() => vdi.Sr.PhysicalUtilisationBytes = vdi.Sr.PhysicalSizeBytes);
        Assert.Equal(
            "SR_BACKEND_FAILURE_44", (await RpcBench.ErrorAsync(bench.CallAsync("VDI.snapshot", vdi.Ref)))[0]);
    }

    [Fact]
    public async Task An_attached_disk_cannot_be_destroyed()
    {
        await using var bench = new RpcBench();
        VdiObject vdi = bench.Vdi("orphan");
        VbdObject vbd = await bench.State.AttachToDom0Async(
            bench.State.Hosts[2], vdi.Uuid, bench.Session, TestContext.Current.CancellationToken);
        Assert.Equal(
            ["VDI_IN_USE", vdi.Ref, "destroy"], await RpcBench.ErrorAsync(bench.CallAsync("VDI.destroy", vdi.Ref)));
        await bench.CallAsync("VBD.unplug", vbd.Ref);
        await bench.CallAsync("VBD.destroy", vbd.Ref);
        await bench.CallAsync("VDI.destroy", vdi.Ref);
        Assert.True(vdi.IsGone);
    }

    [Fact]
    public async Task A_disk_held_for_writing_is_attached_on_its_own_host_only()
    {
        await using var bench = new RpcBench();
        VdiObject vdi = bench.Vdi("web01 root");
        CancellationToken token = TestContext.Current.CancellationToken;
        XapiFailureException refused = await Assert.ThrowsAsync<XapiFailureException>(() =>
            bench.State.AttachToDom0Async(bench.State.Hosts[0], vdi.Uuid, bench.Session, token));
        Assert.Equal("SR_BACKEND_FAILURE_46", refused.Code);
        VbdObject vbd = await bench.State.AttachToDom0Async(bench.State.Hosts[1], vdi.Uuid, bench.Session, token);
        Assert.Equal(2, vdi.Vbds.Count);
        bench.State.DetachFromDom0(vbd);
        Assert.Equal("RW", vdi.SmConfig["host_" + bench.State.Hosts[1].Ref]);
    }

    [Fact]
    public async Task A_vbd_goes_through_its_life_by_calls()
    {
        await using var bench = new RpcBench();
        VmObject dom0 = bench.State.Hosts[0].ControlDomain!;
        VdiObject vdi = bench.Vdi("raw volume");
        RpcValue record = RpcValue.Record(
            ("VM", RpcValue.Of(dom0.Ref)),
            ("VDI", RpcValue.Of(vdi.Ref)),
            ("userdevice", RpcValue.Of("autodetect")),
            ("mode", RpcValue.Of("RO")));
        string vbd = (await bench.CallAsync("VBD.create", record)).Text;
        await bench.CallAsync("VBD.plug", vbd);
        Assert.Equal("0", (await bench.CallAsync("VBD.get_userdevice", vbd)).Text);
        Assert.Equal(
            ["DEVICE_ALREADY_ATTACHED", vbd], await RpcBench.ErrorAsync(bench.CallAsync("VBD.plug", vbd)));
        Assert.Equal(
            "OPERATION_NOT_ALLOWED", (await RpcBench.ErrorAsync(bench.CallAsync("VBD.destroy", vbd)))[0]);
        await bench.CallAsync("VBD.unplug", vbd);
        Assert.Equal(
            ["DEVICE_ALREADY_DETACHED", vbd], await RpcBench.ErrorAsync(bench.CallAsync("VBD.unplug", vbd)));
        await bench.CallAsync("VBD.destroy", vbd);
        Assert.Empty(vdi.Vbds);
    }

    [Fact]
    public async Task A_vm_snapshot_is_a_template_with_snapshots_of_the_disks()
    {
        await using var bench = new RpcBench();
        VmObject vm = bench.Vm("db01");
        string reference = (await bench.CallAsync("VM.snapshot", vm.Ref, "now")).Text;
        VmObject snapshot = bench.State.Get<VmObject>(reference);
        Assert.True(snapshot is { IsATemplate: true, IsASnapshot: true, PowerState: "Halted" });
        VbdObject[] vbds = [.. snapshot.Vbds.Select(bench.State.Get<VbdObject>)];
        Assert.Equal(["0", "1", "3"], vbds.Select(vbd => vbd.UserDevice));
        Assert.Equal([true, true, false], vbds.Select(vbd => vbd.Vdi!.IsASnapshot));
        Assert.Contains(reference, vm.Snapshots);
        await bench.CallAsync("VM.destroy", reference);
        Assert.False(vbds[0].Vdi!.IsGone);
        Assert.True(vbds[0].IsGone);
    }

    [Fact]
    public async Task The_demo_pool_has_one_of_everything()
    {
        await using var bench = new RpcBench();
        IReadOnlyList<VdiObject> vdis = bench.State.All<VdiObject>();
        Assert.Contains(vdis, vdi => !vdi.Managed);
        Assert.Contains(vdis, vdi => vdi.Missing);
        Assert.Contains(vdis, vdi => vdi.IsToolsIso);
        Assert.Contains(vdis, vdi => vdi.Type == "suspend");
        Assert.Contains(vdis, vdi => vdi.Type == "ha_statefile");
        Assert.Contains(vdis, vdi => vdi.VirtualSizeBytes > 2L << 40);
        Assert.Equal(2, bench.Vm("web01").Snapshots.Count);
        Assert.Equal(2, bench.State.All<VmObject>().Count(vm => vm.NameLabel == "twin"));
        Assert.Equal(
            [PoolHardware.SharedSr, PoolHardware.IsoSr, PoolHardware.RawSr, .. Enumerable.Range(1, 3)
                .Select(PoolHardware.LocalSr)],
            bench.State.All<SrObject>().Select(sr => sr.NameLabel));
    }

    private static IEnumerable<string> Member(RpcValue infos, string name) =>
        infos.Items.Select(info => info.Member(name)!.Text);
}
