using System.Text.Json;
using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Judges;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.EndToEnd;

/// <summary>A server with more exports than anybody should keep connections to.</summary>
public sealed class ManyExportsTests : EndToEndTest
{
    private const int Exports = 70;
    private const long Size = 1L << 20;

    [Fact]
    public void Ls_does_not_keep_a_connection_to_each()
    {
        // nbdkit hangs up on the ninth client at once.
        NbdServer server = Nbdkit.OnSocket(
            Bench, "--filter=limit", "file", $"dir={ImageDirectory()}", "limit=8");

        string output = Command.Ok(RunRoot.Vdifs, "ls", server.Uri);

        Assert.Equal(Exports, output.Split('\n').Count(line => line.Contains($" {Size} ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Connections_are_closed_after_a_walk_through_all_and_opened_again_by_readers()
    {
        string directory = ImageDirectory();
        NbdServer server = Nbdkit.OnSocket(Bench, "file", $"dir={directory}");
        VdifsMount mount = VdifsMount.Start(Bench, server.Uri);

        Command.BashOk("cat \"$1\"/disk*/disk.vmdk | wc -c", mount.Directory);
        Wait.Until(() => Connections(mount) == 0, "all connections are closed");

        Bytes.AssertEqual(Path.Combine(directory, "disk7"), mount.File("disk.raw", "disk7"));
    }

    private static int Connections(VdifsMount mount) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(mount.Directory, ".vdifs", "status.json")))
            .RootElement.GetProperty("disks").EnumerateArray()
            .Sum(disk => disk.TryGetProperty("connections", out JsonElement open) ? open.GetInt32() : 0);

    private string ImageDirectory()
    {
        string directory = Bench.NewDirectory("images");
        for (int number = 0; number < Exports; number++)
        {
            DiskImage.RandomHoles(Bench, Size, number, $"images/disk{number}");
        }

        return directory;
    }
}
