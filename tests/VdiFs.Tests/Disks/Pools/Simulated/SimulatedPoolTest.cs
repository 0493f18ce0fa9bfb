using Xunit;

namespace VdiFs.Tests.Disks.Pools.Simulated;

/// <summary>A test with a simulated pool of its own, in which nothing is left in the end.</summary>
public abstract class SimulatedPoolTest : IAsyncLifetime
{
    private protected SimulatedPool Pool { get; private set; } = null!;

    public virtual async ValueTask InitializeAsync() => Pool = await SimulatedPool.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await Pool.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
