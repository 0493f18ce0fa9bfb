using VdiFs.Disks.Pools.Owners;

namespace VdiFs.Tests.Disks.Pools;

/// <summary>A machine with the processes that a test names.</summary>
internal sealed class FakeProcesses : IProcessTable
{
    public PoolOwner Self { get; init; } = new("machine", "boot", "pid:[1]", 100, 5000);

    public Dictionary<int, long> Living { get; } = [];

    public long? StartTicksOf(int pid) => Living.TryGetValue(pid, out long ticks) ? ticks : null;
}
