namespace VdiFs.Benchmarks.HitRates;

/// <summary>A cache of blocks that a trace is played to.</summary>
internal interface ITracedCache : IDisposable
{
    /// <summary>Its name in the table.</summary>
    string Name { get; }

    /// <summary>Asks for a block, and takes it in when it is not there.</summary>
    /// <returns>Whether it was there.</returns>
    bool Touch(long blockNumber);
}
