using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.Chaos.Servers;

/// <summary>A server that can be killed, frozen and started again at the same address; ended by Dispose.</summary>
internal sealed class ServerProcess : IDisposable
{
    // Only a hang takes so long.
    private static readonly TimeSpan GreetingLimit = TimeSpan.FromMinutes(1);

    private readonly Func<IReadOnlyList<string>> _command;
    private readonly string _pidFile;
    private readonly string? _socket;
    private Process? _process;
    private Task<string>? _error;

    /// <param name="command">Program and arguments of the next start.</param>
    /// <param name="pidFile">The server writes it once it listens.</param>
    /// <param name="socket">The unix socket, which a killed server leaves behind; null: it listens on a port.</param>
    public ServerProcess(Func<IReadOnlyList<string>> command, string pidFile, string? socket)
    {
        _command = command;
        _pidFile = pidFile;
        _socket = socket;
    }

    private bool IsRunning => _process is { HasExited: false };

    /// <summary>
    /// Starts it and waits until it listens. Always from the scenario's own thread: nbdkit ends with the thread that
    /// started it.
    /// </summary>
    public void Start()
    {
        Forget();
        File.Delete(_pidFile);
        if (_socket is not null)
        {
            File.Delete(_socket);
        }

        IReadOnlyList<string> command = _command();
        Process process = Command.Start(command[0], command.Skip(1));
        _process = process;
        _error = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEndAsync();
        Wait.Until(() => process.HasExited || Listens(), $"{command[0]} listens");
        Assert.False(!Listens(), process.HasExited ? $"{command[0]} ended: {_error.Result}" : "");
    }

    /// <summary>
    /// Starts it again if it has ended, as a supervisor would: nbdkit ends when accepting a connection fails.
    /// </summary>
    /// <returns>Whether it had.</returns>
    public bool Revive()
    {
        if (IsRunning && (_socket is null || Greets(_socket)))
        {
            return false;
        }

        // One that is just ending takes its socket with it.
        Kill();
        Start();
        return true;
    }

    /// <summary>SIGKILL, as a crash.</summary>
    public void Kill()
    {
        if (_process is { } process)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }
    }

    public void Freeze() => Signal(Native.Sigstop);

    public void Thaw() => Signal(Native.Sigcont);

    public void Dispose()
    {
        Kill();
        Forget();
        File.Delete(_pidFile);
    }

    private void Signal(int signal) => Assert.Equal(0, Native.Kill(_process!.Id, signal));

    private bool Listens() =>
        File.Exists(_pidFile)
        && int.TryParse(File.ReadAllText(_pidFile), CultureInfo.InvariantCulture, out _);

    /// <summary>
    /// Whether it takes connections. Those that were broken off before it came to them are served first, so one that
    /// ends because of them has ended by then.
    /// </summary>
    private static bool Greets(string path)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.ReceiveTimeout = (int)GreetingLimit.TotalMilliseconds;
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return socket.Receive(new byte[1]) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Forget()
    {
        _process?.Dispose();
        _process = null;
    }
}
