using System.Diagnostics;

namespace VdiFs.EndToEnd.Harness;

/// <summary>A tree mounted by `vdifs mount -f`: a process of ours, so its exit code is known.</summary>
internal sealed class ForegroundMount : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _error;

    private ForegroundMount(Process process, string directory)
    {
        _process = process;
        _error = process.StandardError.ReadToEndAsync();
        Directory = directory;
    }

    public string Directory { get; }

    public int Pid => _process.Id;

    public static ForegroundMount Start(Bench bench, string source, params IEnumerable<string> options)
    {
        string directory = bench.NewDirectory("mnt");
        string[] arguments = ["mount", source, directory, "-f", .. options];
        ForegroundMount mount = bench.Own(new ForegroundMount(Command.Start(RunRoot.Vdifs, arguments), directory));
        Wait.Until(() => mount._process.HasExited || MountTable.IsMountPoint(directory), $"{directory} is mounted");
        Assert.False(
            mount._process.HasExited, $"vdifs mount -f ended: {(mount._process.HasExited ? mount._error.Result : "")}");
        return mount;
    }

    public string File(string name, string export = "default") => Path.Combine(Directory, export, name);

    /// <summary>The process ends within the wait's bound with exit code 0 and nothing mounted.</summary>
    public void AssertEndsCleanly()
    {
        Wait.Until(() => _process.HasExited, "vdifs mount -f has ended");
        Assert.Equal(0, _process.ExitCode);
        Assert.False(MountTable.IsMountPoint(Directory), $"{Directory} is still mounted");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _ = Native.Kill(_process.Id, Native.Sigterm);
            if (!_process.WaitForExit(TimeSpan.FromSeconds(20)))
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        _process.Dispose();
    }
}
