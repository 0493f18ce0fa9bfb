using System.Text.Json;
using VdiFs.EndToEnd.Harness;
using VdiFs.Pool.State;

namespace VdiFs.EndToEnd.Pools;

/// <summary>What `vdifs ls` and status.json tell of a pool, what that costs, and what they keep to themselves.</summary>
public sealed class PoolCommandTests : PoolTest
{
    [Fact]
    public void Ls_lists_each_disk_once_and_costs_the_pool_nothing()
    {
        VdiObject[] snapshots = Pool.SnapshotsOf("web01 root");

        CommandResult result = Command.Run(RunRoot.Vdifs, ["ls", Pool.Source, .. Pool.Credentials]);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("", result.Error);
        string[] lines = [.. result.Output.Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0)];
        Assert.Equal(["NAME", "LENGTH", "ALLOCATED", "MAP", "FROM"], Words(lines[0]));
        string current = Assert.Single(lines, line => line.Contains("/0-web01 root ", StringComparison.Ordinal)
            && !line.Contains("/snapshots/", StringComparison.Ordinal));
        Assert.StartsWith("vms/web01/0-web01 root ", current, StringComparison.Ordinal);
        // 1 GiB; what is allocated was not asked for.
        Assert.Contains(" 1073741824 ", current, StringComparison.Ordinal);
        Assert.Contains(" ? ", current, StringComparison.Ordinal);
        Assert.Equal(
            snapshots.Length,
            lines.Count(line => line.StartsWith("vms/web01/snapshots/", StringComparison.Ordinal)
                && line.Contains("/0-web01 root ", StringComparison.Ordinal)));
        Assert.Equal(lines.Length, lines.Distinct().Count());
        AssertNoSecret(result.Output);
        Assert.Equal(0, Pool.NbdConnections);
        Assert.Equal(0, Pool.ExportsServed);
        Pool.AssertNothingIsLeft();
    }

    [Fact]
    public void Ls_of_a_pool_that_refuses_the_password_is_one_line()
    {
        File.WriteAllText(Pool.PasswordFile, "wrong\n");

        CommandResult result = Command.Run(RunRoot.Vdifs, ["ls", Pool.Source, .. Pool.Credentials]);

        OneLine.AssertRefusal(result, 1, "SESSION_AUTHENTICATION_FAILED");
        Assert.DoesNotContain("wrong", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Status_tells_of_the_open_disks_alone_and_of_their_servers()
    {
        VdiObject vdi = Pool.SnapshotsOf("web01 data")[0];
        VdifsMount mount = Pool.Mount("--idle", "1s");
        JsonElement before = StatusOf(mount);
        Assert.Equal(0, before.GetProperty("disks").GetArrayLength());
        Assert.InRange(before.GetProperty("diskCount").GetInt32(), 10, 100);
        Assert.Equal($"xapi://{Pool.State.Hosts[0].Address}", before.GetProperty("source").GetString());

        Command.Ok("head", "-c", "1M", mount.File("disk.raw", "vdis/" + vdi.Uuid));
        JsonElement disk = Assert.Single(StatusOf(mount).GetProperty("disks").EnumerateArray());

        Assert.EndsWith(vdi.Uuid, disk.GetProperty("source").GetString(), StringComparison.Ordinal);
        Assert.Equal(vdi.VirtualSizeBytes, disk.GetProperty("length").GetInt64());
        Assert.Equal("tables of the pool's export", disk.GetProperty("allocation").GetString());
        Assert.InRange(disk.GetProperty("bytesFetched").GetInt64(), 1 << 20, 64 << 20);
        Assert.Equal(0, disk.GetProperty("failures").GetInt64());
        JsonElement[] servers = [.. disk.GetProperty("servers").EnumerateArray()];
        Assert.Equal(Pool.State.Hosts.Count, servers.Length);
        Assert.All(servers, server => Assert.Contains(
            $"/{vdi.Uuid}", server.GetProperty("address").GetString(), StringComparison.Ordinal));
        Assert.Contains(servers, server => server.GetProperty("timesConnected").GetInt32() > 0);
        AssertNoSecret(TextOf(mount));
        Wait.Until(() => Pool.NbdConnections == 0, "the disk is let go");
        Assert.Equal(0, Assert.Single(StatusOf(mount).GetProperty("disks").EnumerateArray())
            .GetProperty("connections").GetInt32());
    }

    private static string TextOf(VdifsMount mount) =>
        File.ReadAllText(Path.Combine(mount.Directory, ".vdifs", "status.json"));

    private static JsonElement StatusOf(VdifsMount mount) => JsonDocument.Parse(TextOf(mount)).RootElement;

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private void AssertNoSecret(string text)
    {
        Assert.DoesNotContain("OpaqueRef", text, StringComparison.Ordinal);
        Assert.DoesNotContain("session_id", text, StringComparison.Ordinal);
        Assert.DoesNotContain(File.ReadAllText(Pool.PasswordFile).Trim(), text, StringComparison.Ordinal);
    }
}
