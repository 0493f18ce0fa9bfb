namespace VdiFs.Simulation.Commands;

/// <summary>
/// Watches from outside the one thread that plays: work without end, which virtual time never sees, ends the process.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    /// <summary>A seed takes a tenth of a second; one that takes so long never ends.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ManualResetEventSlim _over = new();
    private readonly Thread _thread;
    private long _seed;

    public Watchdog()
    {
        _thread = new Thread(Watch) { IsBackground = true, Name = "watchdog" };
        _thread.Start();
    }

    public void Begin(long seed) => Volatile.Write(ref _seed, seed);

    public void Dispose()
    {
        _over.Set();
        _thread.Join();
        _over.Dispose();
    }

    private void Watch()
    {
        long seen = 0;
        while (!_over.Wait(Patience))
        {
            long seed = Volatile.Read(ref _seed);
            if (seed == seen && seed != 0)
            {
                Console.WriteLine(
                    $"seed {seed} FAILED: it computes without end; see it again with: VdiFs.Simulation --seed {seed} --trace");
                Environment.Exit(1);
            }

            seen = seed;
        }
    }
}
