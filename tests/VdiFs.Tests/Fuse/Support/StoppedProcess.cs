using System.Diagnostics;
using System.Globalization;

namespace VdiFs.Tests.Fuse.Support;

/// <summary>
/// A process whose signals stay pending, like those of one that waits in the kernel: it is stopped. It handles SIGUSR1
/// and SIGINT.
/// </summary>
internal sealed class StoppedProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private StoppedProcess(Process process) => _process = process;

    public uint Id => (uint)_process.Id;

    public static async Task<StoppedProcess> StartAsync()
    {
        ProcessStartInfo start = new("/bin/sh") { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add("-c");
        // A runner may ignore SIGINT, which a plain sh could not undo.
        start.ArgumentList.Add("exec env --default-signal=INT bash -c 'trap : USR1 INT; echo ready; read -r line'");
        StoppedProcess stopped = new(Process.Start(start)!);
        await stopped._process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        await stopped.SignalAsync("STOP");
        using CancellationTokenSource limit = new(Patience);
        string status = string.Create(CultureInfo.InvariantCulture, $"/proc/{stopped.Id}/status");
        while (!File.ReadAllText(status).Contains("State:\tT", StringComparison.Ordinal))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), limit.Token);
        }

        return stopped;
    }

    public Task SignalAsync(string name) => Shell.OutputAsync($"kill -s {name} {_process.Id}");

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
