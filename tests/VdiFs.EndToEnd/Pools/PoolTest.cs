using VdiFs.EndToEnd.Harness;

namespace VdiFs.EndToEnd.Pools;

/// <summary>A test with a simulated pool of its own.</summary>
[Collection("pools")]
public abstract class PoolTest : EndToEndTest
{
    // Of the XDG Base Directory Specification: where a mount keeps what is to last.
    private protected static readonly string[] PrivateDirectories =
        ["XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"];

    private protected PoolTest(bool isLarge = false)
    {
        // What a mount keeps on disk belongs to the test, not to this machine.
        foreach (string variable in PrivateDirectories)
        {
            Environment.SetEnvironmentVariable(variable, Bench.NewDirectory(variable));
        }

        Pool = SimulatedPool.Start(Bench, isLarge);
    }

    private protected SimulatedPool Pool { get; }
}
