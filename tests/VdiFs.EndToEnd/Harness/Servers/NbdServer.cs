using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace VdiFs.EndToEnd.Harness.Servers;

/// <summary>A real NBD server in a process of its own, ready when constructed; ended by Dispose.</summary>
internal sealed class NbdServer : IDisposable
{
    private readonly Process _process;

    private NbdServer(Process process, string uri)
    {
        _process = process;
        Uri = uri;
    }

    /// <summary>The source to mount, without an export name.</summary>
    public string Uri { get; }

    /// <summary>Its process id.</summary>
    public int Pid => _process.Id;

    /// <summary>Starts a server that listens on a unix socket.</summary>
    public static NbdServer OnSocket(Bench bench, string socket, string file, params IEnumerable<string> arguments)
    {
        // One that was killed leaves its socket behind, and the next cannot listen there.
        File.Delete(socket);
        return Start(bench, $"nbd+unix:///?socket={socket}", new UnixDomainSocketEndPoint(socket), file, arguments);
    }

    /// <summary>Starts a server that listens on a port of the loopback interface.</summary>
    public static NbdServer OnPort(Bench bench, int port, string file, params IEnumerable<string> arguments) =>
        Start(bench, $"nbd://127.0.0.1:{port}", new IPEndPoint(IPAddress.Loopback, port), file, arguments);

    /// <summary>Starts a server that knows no foreground: it goes away and tells its process id in a file.</summary>
    public static NbdServer DaemonOnPort(
        Bench bench, int port, string pidFile, string file, params IEnumerable<string> arguments)
    {
        Command.Ok(file, arguments);
        Wait.Until(
            () => File.Exists(pidFile) && File.ReadAllText(pidFile).EndsWith('\n'), $"{file} tells its process id");
        Process process = Process.GetProcessById(int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture));
        NbdServer server = bench.Own(new NbdServer(process, $"nbd://127.0.0.1:{port}"));
        Wait.Until(() => Answers(new IPEndPoint(IPAddress.Loopback, port)), $"{file} listens on port {port}");
        return server;
    }

    /// <summary>The source of one export.</summary>
    public string Export(string name) =>
        Uri.StartsWith("nbd+unix", StringComparison.Ordinal)
            ? Uri.Replace(":///", $":///{name}", StringComparison.Ordinal)
            : $"{Uri}/{name}";

    /// <summary>Ends the server at once (SIGKILL), as a crash would, with whatever it started.</summary>
    public void Crash()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
    }

    /// <summary>Sends the server a signal; SIGSTOP makes it silent: it is connected to, and never answers.</summary>
    public void Signal(int signal) => Assert.Equal(0, Native.Kill(Pid, signal));

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static NbdServer Start(
        Bench bench, string uri, EndPoint endPoint, string file, IEnumerable<string> arguments)
    {
        Process process = Command.Start(file, arguments);
        NbdServer server = bench.Own(new NbdServer(process, uri));
        Task<string> error = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEndAsync();
        Wait.Until(() => process.HasExited || Answers(endPoint), $"{file} listens at {uri}");
        Assert.False(process.HasExited, process.HasExited ? $"{file} ended: {error.Result}" : "");
        return server;
    }

    private static bool Answers(EndPoint endPoint)
    {
        ProtocolType protocol = endPoint is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified;
        using Socket socket = new(endPoint.AddressFamily, SocketType.Stream, protocol);
        try
        {
            socket.Connect(endPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
