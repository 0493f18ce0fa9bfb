using System.Globalization;

namespace VdiFs.EndToEnd.Harness.Servers;

/// <summary>nbdkit, the server with a plugin for everything.</summary>
internal static class Nbdkit
{
    /// <summary>Serves an image file on a unix socket, with block status and several connections.</summary>
    public static NbdServer File(Bench bench, string image) => OnSocket(bench, "file", image);

    /// <summary>As <see cref="File"/> on a socket of this name, so that there can be several.</summary>
    public static NbdServer FileOn(Bench bench, string socketName, string image)
    {
        string socket = bench.PathOf(socketName);
        return NbdServer.OnSocket(bench, socket, "nbdkit", ["-f", "-r", "-U", socket, "file", image]);
    }

    /// <summary>Starts nbdkit on a unix socket; the arguments are options, plugin and its parameters.</summary>
    public static NbdServer OnSocket(Bench bench, params IEnumerable<string> arguments)
    {
        string socket = bench.PathOf("nbd.sock");
        return NbdServer.OnSocket(bench, socket, "nbdkit", [.. new[] { "-f", "-r", "-U", socket }, .. arguments]);
    }

    /// <summary>Starts nbdkit on a loopback port.</summary>
    public static NbdServer OnPort(Bench bench, params IEnumerable<string> arguments)
    {
        int port = FreePort.Next();
        string text = port.ToString(CultureInfo.InvariantCulture);
        string[] options = ["-f", "-r", "-i", "127.0.0.1", "-p", text, "-P", bench.PathOf("nbdkit.pid")];
        return NbdServer.OnPort(bench, port, "nbdkit", [.. options, .. arguments]);
    }
}
