using System.Diagnostics;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.Chaos;

/// <summary>A cp that is expected to fail: as far as it came, it must have copied what is there.</summary>
internal sealed class CopyUnderWay : IDisposable
{
    private readonly ChaosRun _run;
    private readonly Siege _siege;
    private readonly string _name;
    private readonly string _copy;
    private readonly Process _process;
    private readonly Task<string> _error;

    public CopyUnderWay(ChaosRun run, Siege siege, string name)
    {
        _run = run;
        _siege = siege;
        _name = name;
        _copy = run.Bench.PathOf($"part-of-{name}");
        Siege.DropKernelPages(siege.FileOf(name));
        _process = Command.Start("cp", "--sparse=auto", siege.FileOf(name), _copy);
        _error = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>Waits until the copy has that length, or has ended.</summary>
    public void WaitForBytes(long bytes) =>
        Wait.TryUntil(() => _process.HasExited || (File.Exists(_copy) && new FileInfo(_copy).Length >= bytes));

    /// <summary>Waits for cp's end and judges the copy.</summary>
    /// <returns>Whether cp succeeded.</returns>
    public bool End()
    {
        if (!_process.WaitForExit(_siege.Patience))
        {
            _process.Kill();
            _run.Tally.Hang($"cp of {_name} still waits after {_siege.Patience.TotalSeconds:F0} s");
            return false;
        }

        bool whole = _process.ExitCode == 0;
        _run.Check(
            whole || _error.Result.Contains("error reading", StringComparison.Ordinal) || IsGone(),
            _error.Result);
        if (_name == "disk.raw" && File.Exists(_copy))
        {
            JudgeRaw(whole);
        }

        return whole;
    }

    public void Dispose()
    {
        _process.Dispose();
        File.Delete(_copy);
    }

    private bool IsGone() =>
        _error.Result.Contains("Transport endpoint", StringComparison.Ordinal)
        || _error.Result.Contains("No such file", StringComparison.Ordinal)
        || _error.Result.Contains("connection abort", StringComparison.Ordinal);

    private void JudgeRaw(bool whole)
    {
        List<string> words = [];
        int wrong = _run.Disk.CountWrong(_copy, words);
        long length = new FileInfo(_copy).Length;
        _run.Tally.Read(length);
        if (wrong > 0 || (whole && length != _run.Disk.Size))
        {
            _run.Tally.WrongBytes(Math.Max(1, wrong), $"a copy of {length} bytes: {string.Join("; ", words)}");
        }
    }
}
