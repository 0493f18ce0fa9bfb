using Microsoft.Win32.SafeHandles;
using VdiFs.Chaos.Content;
using VdiFs.Chaos.Readers;
using VdiFs.Chaos.Servers;
using VdiFs.Chaos.Watch;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.Chaos;

/// <summary>
/// A mount that is read in peace once, so that it is known what its files hold, and then under faults: every copy
/// must be
/// the same file, in time.
/// </summary>
internal sealed class Siege
{
    private static readonly string[] Files = ["disk.raw", "disk.vhd", "disk.vmdk"];
    private const int ProbeSize = 64 << 10;
    private const int Probes = 4;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);
    private readonly ChaosRun _run;
    private readonly Dictionary<string, string> _sums = new(StringComparer.Ordinal);
    private readonly TimeSpan _patience;
    private DaemonGauge _before;

    private Siege(ChaosRun run, ForegroundMount mount, TimeSpan patience)
    {
        _run = run;
        _patience = patience;
        Mount = mount;
    }

    public ForegroundMount Mount { get; }

    /// <summary>How long a reader may stand still before it counts as hung: the read deadline, and grace.</summary>
    public TimeSpan Patience => _patience;

    /// <summary>Mounts a source; its servers must be up.</summary>
    /// <param name="run">The run.</param>
    /// <param name="source">What to mount.</param>
    /// <param name="readDeadline">How long a read may take.</param>
    /// <param name="options">Further options of the mount.</param>
    public static Siege Lay(ChaosRun run, string source, TimeSpan readDeadline, params IEnumerable<string> options)
    {
        string[] all =
        [
            "--read-deadline", $"{readDeadline.TotalSeconds:F0}s",
            "--snapshot-time", "2026-01-31T02:00:00Z",
            "--cache-size", run.Quick ? "8M" : "64M",
            .. options,
        ];
        return new Siege(run, ForegroundMount.Start(run.Bench, source, all), readDeadline + Grace);
    }

    /// <summary>Reads every file while nothing is wrong: a foreign judge compares them with the disk.</summary>
    public void ReadInPeace()
    {
        foreach (string name in Files)
        {
            _sums[name] = FileHash.Of(FileOf(name));
        }

        Assert.Equal(_run.Disk.Sha256, _sums["disk.raw"]);
        Command.Ok("qemu-img", "compare", "-f", "vpc", "-F", "raw", FileOf("disk.vhd"), _run.Disk.Path);
        Command.Ok("qemu-img", "compare", "-f", "vmdk", "-F", "raw", FileOf("disk.vmdk"), _run.Disk.Path);
        NoteDaemon();
    }

    /// <summary>What the daemon holds now is what it may hold later.</summary>
    public void NoteDaemon() => _before = DaemonGauge.Of(Mount.Pid);

    /// <summary>
    /// Copies with every tool and format in turn, and reads at random, until enough faults were injected.
    /// </summary>
    public void Endure(Action<CancellationToken> fault)
    {
        using RandomReading reading = StartRandomReading(number: 1);
        using var enough = new CancellationTokenSource();
        using var abandoned = new CancellationTokenSource();
        long target = _run.Tally.Faults + _run.Rounds;
        Task copying = Task.Factory.StartNew(
            () => CopyUntil(target, enough, abandoned.Token),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            while (!enough.IsCancellationRequested)
            {
                fault(enough.Token);
            }
        }
        catch
        {
            abandoned.Cancel();
            throw;
        }
        finally
        {
            copying.Wait();
        }
    }

    /// <summary>
    /// One more reading of every file in peace, then the daemon must hold what it held before, and end.
    /// </summary>
    public void Lift()
    {
        foreach (string name in Files)
        {
            CopyOnce(CopyTool.Verbatim[^1], name, CancellationToken.None);
        }

        CheckNothingLeaked();
    }

    /// <summary>
    /// No request is left in the kernel, the daemon has not grown, its unmount is clean, the source untouched.
    /// </summary>
    public void CheckNothingLeaked()
    {
        if (!Wait.TryUntil(() => _run.Queue.InFlight(Mount.Directory) == 0))
        {
            _run.Tally.Leak($"{_run.Queue.InFlight(Mount.Directory)} requests of the kernel have no answer");
        }

        DaemonGauge.Compare(_before, Mount.Pid, LeakAllowance.Usual, _run.Tally);
        Command.Ok(RunRoot.Vdifs, "umount", Mount.Directory);
        Mount.AssertEndsCleanly();
        _run.Check(_run.Disk.IsUntouched, "the source was written to");
    }

    /// <summary>A file of the disk.</summary>
    public string FileOf(string name) => Mount.File(name, ServerSpot.Export);

    /// <summary>A reader of disk.raw in this process; the caller disposes it.</summary>
    public PageReader NewPageReader() => new(FileOf("disk.raw"), _run.Disk, _run.Tally);

    /// <summary>Starts to read at random on a thread; the caller disposes it.</summary>
    public RandomReading StartRandomReading(int number) =>
        new(NewPageReader(), _run.Disk.Size, _run.Seed + (number * 7919), _run.Tally, _patience);

    /// <summary>A place where the disk has data for that many bytes.</summary>
    public long RandomDataOffset(int length)
    {
        long offset;
        do
        {
            offset = _run.Random.NextInt64(_run.Disk.Size / length) * length;
        }
        while (!PageCode.IsData(_run.Disk.Seed, offset));
        return offset;
    }

    /// <summary>Reads all over the disk: every read gives its own bytes or EIO, in time.</summary>
    /// <param name="mustFail">Whether there is nobody to read from, so that only cached bytes may still come.</param>
    public void ExpectOnlyOwnBytes(bool mustFail)
    {
        using PageReader reader = NewPageReader();
        byte[] buffer = new byte[ProbeSize];
        int failed = 0;
        for (int i = 0; i < Probes; i++)
        {
            long offset = RandomDataOffset(ProbeSize);
            int errno = InTime(() => reader.Read(offset, buffer), $"a read at {offset}");
            failed += errno == PageReader.Eio ? 1 : 0;
            _run.Check(errno is 0 or PageReader.Eio, $"a read at {offset} failed with errno {errno}, not EIO");
        }

        _run.Tally.Count("eio", failed);
        _run.Check(!mustFail || failed > 0, "nobody serves the disk and all reads succeed");
    }

    /// <summary>Whether a read anywhere succeeds.</summary>
    public bool ReadsSomethingAgain()
    {
        using PageReader reader = NewPageReader();
        return reader.Read(RandomDataOffset(ProbeSize), new byte[ProbeSize]) == 0;
    }

    /// <summary>Runs a read that must end within the patience.</summary>
    public int InTime(Func<int> read, string what)
    {
        var reading = Task.Factory.StartNew(
            read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        if (reading.Wait(_patience))
        {
            return reading.Result;
        }

        _run.Tally.Hang($"{what} has waited {_patience.TotalSeconds:F0} s");
        throw new TimeoutException(what);
    }

    private void CopyUntil(long faults, CancellationTokenSource enough, CancellationToken abandoned)
    {
        try
        {
            int turn = _run.Random.Next(1 << 16);
            do
            {
                Copy(turn++, abandoned);
            }
            while (_run.Tally.Faults < faults && _run.Tally.Hangs == 0 && !abandoned.IsCancellationRequested);
        }
        finally
        {
            enough.Cancel();
        }
    }

    private void Copy(int turn, CancellationToken abandoned)
    {
        string name = Files[turn % Files.Length];
        int kind = turn / Files.Length % (CopyTool.Verbatim.Count + 1);
        CopyTool tool = kind < CopyTool.Verbatim.Count ? CopyTool.Verbatim[kind] : CopyTool.Convert(FormatOf(name));
        CopyOnce(tool, name, abandoned);
    }

    private void CopyOnce(CopyTool tool, string name, CancellationToken abandoned)
    {
        string copy = _run.Bench.PathOf("copy");
        File.Delete(copy);
        DropKernelPages(FileOf(name));
        CommandResult? result = WatchedCommand.Run(tool.Command(FileOf(name), copy), _patience, abandoned);
        if (abandoned.IsCancellationRequested)
        {
            return;
        }

        if (result is null)
        {
            _run.Tally.Hang($"{tool.Name} of {name} stood still for {_patience.TotalSeconds:F0} s");
        }
        else if (result.ExitCode != 0)
        {
            _run.Tally.Count("unexpected_errors");
            _run.Tally.Problem($"{tool.Name} of {name} failed: {result.Error.Trim()}");
        }
        else
        {
            Judge(tool, name, copy);
        }

        File.Delete(copy);
    }

    private void Judge(CopyTool tool, string name, string copy)
    {
        bool isRaw = tool.CopyIsRaw || name == "disk.raw";
        string expected = isRaw ? _run.Disk.Sha256 : _sums[name];
        _run.Tally.Read(new FileInfo(copy).Length);
        _run.Tally.Count("copies");
        _run.Tally.Count($"copies_of_{FormatOf(name)}");
        if (FileHash.Of(copy) != expected)
        {
            List<string> words = [];
            int wrong = isRaw ? _run.Disk.CountWrong(copy, words) : 0;
            _run.Tally.WrongBytes(
                Math.Max(1, wrong),
                $"{tool.Name} of {name} made {new FileInfo(copy).Length} other bytes; {string.Join("; ", words)}");
        }
    }

    /// <summary>The next reading must come from the daemon, not from the kernel's memory.</summary>
    public static void DropKernelPages(string file)
    {
        using SafeFileHandle handle = File.OpenHandle(file);
        _ = Native.Advise(handle, 0, 0, Native.FadviseDontNeed);
    }

    private static string FormatOf(string name) => name switch
    {
        "disk.raw" => "raw",
        "disk.vhd" => "vpc",
        _ => "vmdk",
    };
}
