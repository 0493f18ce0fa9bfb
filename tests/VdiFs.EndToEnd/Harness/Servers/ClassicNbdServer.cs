using System.Globalization;

namespace VdiFs.EndToEnd.Harness.Servers;

/// <summary>nbd-server, the reference server: many named exports, no block status.</summary>
internal static class ClassicNbdServer
{
    /// <summary>Serves images under their names on a loopback port.</summary>
    public static NbdServer OnPort(Bench bench, params IEnumerable<(string Name, string Image)> exports)
    {
        int port = FreePort.Next();
        string configuration = bench.PathOf("nbd-server.conf");
        List<string> lines =
        [
            "[generic]",
            "listenaddr = 127.0.0.1",
            string.Create(CultureInfo.InvariantCulture, $"port = {port}"),
            "allowlist = true",
        ];
        foreach ((string name, string image) in exports)
        {
            lines.AddRange([$"[{name}]", $"exportname = {image}", "readonly = true"]);
        }

        File.WriteAllLines(configuration, lines);
        string pidFile = bench.PathOf("nbd-server.pid");
        return NbdServer.DaemonOnPort(bench, port, pidFile, "nbd-server", "-C", configuration, "-p", pidFile);
    }
}
