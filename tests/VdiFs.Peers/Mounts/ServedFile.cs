using System.Diagnostics;
using VdiFs.EndToEnd.Harness;
using VdiFs.Peers.Racing;

namespace VdiFs.Peers.Mounts;

/// <summary>A file of a mount, and the daemon behind it: a process of ours, ended by Dispose.</summary>
internal sealed class ServedFile : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _error;
    private bool _isEnded;

    private ServedFile(Process process, string mountPoint, string path)
    {
        _process = process;
        _error = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEndAsync();
        MountPoint = mountPoint;
        Path = path;
        Pid = process.Id;
    }

    public string Path { get; }

    public string MountPoint { get; }

    /// <summary>The daemon's process id.</summary>
    public int Pid { get; private set; }

    /// <summary>Most that the daemon has had resident.</summary>
    public long PeakMemoryBytes => ProcessTable.PeakMemoryBytes(Pid);

    /// <summary>The same mount's file of another name.</summary>
    public string Sibling(string name) => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, name);

    /// <summary>Runs the command, which stays or leaves a daemon behind, and waits for its mount.</summary>
    public static ServedFile Start(Track track, string mountPoint, string path, params IReadOnlyList<string> command)
    {
        string[] prefixed = [.. track.Prefix, .. command];
        Process process = Command.Start(prefixed[0], prefixed[1..]);
        ServedFile file = track.Bench.Own(new ServedFile(process, mountPoint, path));
        file.WaitFor(() => MountTable.IsMountPoint(mountPoint));
        return file;
    }

    /// <summary>Finds the daemon that a command without a foreground left behind.</summary>
    public ServedFile WithDaemon()
    {
        _process.WaitForExit();
        Pid = Assert.Single(ProcessTable.Mentioning(MountPoint));
        return this;
    }

    /// <summary>Waits until the file gives a byte.</summary>
    public void WaitForFirstByte() => WaitFor(() =>
    {
        try
        {
            using FileStream stream = File.OpenRead(Path);
            return stream.ReadByte() >= 0;
        }
        catch (IOException)
        {
            return false;
        }
    });

    public void Dispose()
    {
        if (_isEnded)
        {
            return;
        }

        // All of them unmount when they are asked to end.
        _isEnded = true;
        _ = Native.Kill(Pid, Native.Sigterm);
        bool ended = Wait.TryUntil(() => !ProcessTable.IsRunning(Pid));
        if (!ended)
        {
            _ = Native.Kill(Pid, Native.Sigkill);
        }

        _process.Dispose();
        if (MountTable.IsMountPoint(MountPoint))
        {
            Command.Run("umount", "-l", MountPoint);
        }

        Assert.True(ended, $"the daemon of {Path} did not end when asked to");
    }

    // In steps far below what is measured.
    private void WaitFor(Func<bool> condition)
    {
        long started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.False(
                _process.HasExited && _process.ExitCode != 0,
                _process.HasExited ? $"the daemon ended: {_error.Result}" : "");
            Assert.True(Stopwatch.GetElapsedTime(started) < StartLimit, $"{Path} cannot be read");
            Thread.Sleep(1);
        }
    }
}
