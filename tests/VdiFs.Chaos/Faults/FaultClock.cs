namespace VdiFs.Chaos.Faults;

/// <summary>The moments of faults.</summary>
internal static class FaultClock
{
    /// <summary>A wait of a random length that ends early when the run does.</summary>
    public static void Pause(Random random, TimeSpan least, TimeSpan most, CancellationToken stop) =>
        stop.WaitHandle.WaitOne(least + ((most - least) * random.NextDouble()));
}
