using VdiFs.Disks.Pools;
using VdiFs.Xapi.Model;
using Xunit;

namespace VdiFs.Tests.Disks.Pools;

/// <summary>Who writes to a disk, by XAPI's records and by the storage manager's notes.</summary>
public sealed class VdiWriterTests
{
    private readonly PoolBuilder _builder = new();
    private readonly HostRecord _host;
    private readonly VdiRecord _disk;

    public VdiWriterTests()
    {
        _host = _builder.Host("one", "10.0.0.1");
        _disk = _builder.Vdi(_builder.Sr("store", hosts: _host), "root");
    }

    [Fact]
    public void A_disk_that_nobody_has_is_written_by_nobody() =>
        Assert.Null(VdiWriter.Of(_disk, _builder.Database));

    [Fact]
    public void The_storage_managers_note_of_a_writer_counts_without_any_VBD()
    {
        VdiWriter? writer = VdiWriter.Of(Noted(_host.Ref, "RW"), _builder.Database);

        Assert.Equal(_host.Ref, writer?.Host);
    }

    [Fact]
    public void Neither_a_readers_note_nor_that_of_a_host_that_left_makes_a_writer()
    {
        Assert.Null(VdiWriter.Of(Noted(_host.Ref, "RO"), _builder.Database));
        Assert.Null(VdiWriter.Of(Noted(new OpaqueRef("OpaqueRef:gone"), "RW"), _builder.Database));
    }

    [Fact]
    public void A_disk_under_a_revert_is_written_by_nobody_in_particular()
    {
        VdiWriter? writer = VdiWriter.Of(
            _disk with { CurrentOperations = new Dictionary<string, string> { ["task"] = "revert" } },
            _builder.Database);

        Assert.NotNull(writer);
        Assert.Null(writer.Host);
    }

    private VdiRecord Noted(OpaqueRef host, string mode) =>
        _disk with { SmConfig = new Dictionary<string, string> { [$"host_{host}"] = mode } };
}
