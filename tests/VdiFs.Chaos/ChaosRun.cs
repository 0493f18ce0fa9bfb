using VdiFs.Chaos.Content;
using VdiFs.Chaos.Watch;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.Chaos;

/// <summary>What a scenario has at hand: its place, its disk, its chance and its counters.</summary>
internal sealed class ChaosRun(Bench bench, Extent extent, ChaosOptions options, Tally tally)
{
    private CodedDisk? _disk;
    private KernelQueue? _queue;

    public Bench Bench => bench;

    public Tally Tally => tally;

    public bool Quick => options.Quick;

    public int Seed => options.Seed;

    /// <summary>For the scenario's own thread; faults on threads of their own take a new one from it.</summary>
    public Random Random { get; } = new(options.Seed);

    public int Rounds => options.Rounds ?? (options.Quick ? extent.QuickRounds : extent.FullRounds);

    public long Size => options.SizeBytes ?? (options.Quick ? Extent.QuickSizeBytes : extent.FullSizeBytes);

    /// <summary>The disk that the servers serve, made when first asked for.</summary>
    public CodedDisk Disk => _disk ??= MakeDisk("disk.img", (ulong)options.Seed + 1);

    /// <summary>The kernel's counts of unanswered requests.</summary>
    public KernelQueue Queue => _queue ??= KernelQueue.Open(bench);

    /// <summary>A disk of the same size with other content.</summary>
    public CodedDisk MakeForeignDisk() => MakeDisk("foreign.img", (ulong)options.Seed + 0x10001);

    public void Check(bool fact, string problem)
    {
        if (!fact)
        {
            tally.Problem(problem);
        }
    }

    private CodedDisk MakeDisk(string name, ulong seed) => CodedDisk.Make(bench, name, seed, Size);
}
