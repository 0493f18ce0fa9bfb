using VdiFs.Disks.Failover;

namespace VdiFs.Tests.Disks.Failover;

/// <summary>A directory that says what a test wants it to say now.</summary>
internal sealed class ScriptedDirectory(Func<CancellationToken, Task<IReadOnlyList<DiskServer>>> find)
    : IServerDirectory
{
    private int _asked;

    public ScriptedDirectory(Func<IReadOnlyList<DiskServer>> find)
        : this(_ => Task.FromResult(find()))
    {
    }

    public int Asked => Volatile.Read(ref _asked);

    public Task<IReadOnlyList<DiskServer>> FindAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _asked);
        return find(cancellationToken);
    }
}
