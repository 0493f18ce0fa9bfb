using System.Text.Json;
using VdiFs.Xapi.Model;
using VdiFs.Xapi.Model.Reading;
using Xunit;

namespace VdiFs.Tests.Xapi.Model;

public sealed class RecordReadersTests
{
    private static readonly OpaqueRef Self = new("OpaqueRef:self");

    [Theory]
    [InlineData("<value>OpaqueRef:new</value>", "OpaqueRef:new")]
    [InlineData("", "OpaqueRef:NULL")]
    [InlineData("OpaqueRef:new", "OpaqueRef:NULL")]
    [InlineData("<value>OpaqueRef:new", "OpaqueRef:NULL")]
    [InlineData("<value>", "OpaqueRef:NULL")]
    [InlineData("<value></value>", "OpaqueRef:NULL")]
    public void A_task_tells_what_it_came_to_and_when_it_was_made(string result, string expected)
    {
        string json = $$"""{"uuid":"u","result":"{{result}}","created":"20260102T03:04:05Z"}""";
        TaskRecord task = RecordReaders.Task(
            new OpaqueRef("OpaqueRef:task"), new RecordFields(JsonDocument.Parse(json).RootElement));
        Assert.Equal(expected, task.ResultRef.IsNull ? "OpaqueRef:NULL" : task.ResultRef.ToString());
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), task.Created);
    }

    [Fact]
    public void A_VDI_is_read()
    {
        VdiRecord vdi = RecordReaders.Vdi(Self, Fields("""
            {"uuid":"u","name_label":"n","SR":"OpaqueRef:sr","VBDs":["OpaqueRef:b"],"virtual_size":8589934592,
            "type":"user","managed":true,"missing":false,"is_a_snapshot":true,"snapshot_of":"","tags":["t"],
            "snapshot_time":"20260102T03:04:05Z","sm_config":{"vhd-parent":"p"},"cbt_enabled":false,"new_in_99":{"x":1}}
            """));
        Assert.Equal(Self, vdi.Ref);
        Assert.Equal("u", vdi.Uuid);
        Assert.Equal("OpaqueRef:sr", vdi.Sr.ToString());
        Assert.Equal([new OpaqueRef("OpaqueRef:b")], vdi.Vbds);
        Assert.Equal(8589934592, vdi.VirtualSizeBytes);
        Assert.True(vdi.Managed);
        Assert.False(vdi.Missing);
        Assert.True(vdi.IsASnapshot);
        Assert.True(vdi.SnapshotOf.IsNull);
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), vdi.SnapshotTime);
        Assert.Equal("p", vdi.SmConfig["vhd-parent"]);
        Assert.Equal(["t"], vdi.Tags);
    }

    [Fact]
    public void Missing_and_odd_fields_read_as_defaults()
    {
        VdiRecord vdi = RecordReaders.Vdi(Self, Fields(
            """{"uuid":7,"VBDs":{},"virtual_size":"4096","managed":"true","sm_config":[],"tags":[1,"t"],"other_config":{"n":5}}"""));
        Assert.Equal("", vdi.Uuid);
        Assert.Empty(vdi.Vbds);
        Assert.Equal(4096, vdi.VirtualSizeBytes);
        Assert.True(vdi.Managed);
        Assert.Empty(vdi.SmConfig);
        Assert.Equal(["t"], vdi.Tags);
        Assert.Equal("5", vdi.OtherConfig["n"]);
        Assert.Equal(DateTimeOffset.UnixEpoch, vdi.SnapshotTime);
        Assert.True(vdi.Sr.IsNull);
    }

    [Fact]
    public void An_old_certificate_has_its_fingerprint_under_the_old_name()
    {
        Assert.Equal("AA:BB", RecordReaders.Certificate(Self, Fields("""{"fingerprint":"AA:BB"}""")).FingerprintSha256);
        Assert.Equal(
            "CC", RecordReaders.Certificate(Self, Fields("""{"fingerprint":"AA","fingerprint_sha256":"CC"}""")).FingerprintSha256);
    }

    [Theory]
    [InlineData("""{"progress":0.5}""", 0.5)]
    [InlineData("""{"progress":1}""", 1.0)]
    [InlineData("""{"progress":"NaN"}""", double.NaN)]
    public void A_float_is_read_in_each_of_its_shapes(string text, double expected)
    {
        Assert.Equal(expected, RecordReaders.Task(Self, Fields(text)).Progress);
    }

    private static RecordFields Fields(string text) => new(JsonDocument.Parse(text).RootElement);
}
