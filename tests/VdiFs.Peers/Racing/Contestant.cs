namespace VdiFs.Peers.Racing;

/// <summary>Who takes part in a race: one run begins and ends with nothing running.</summary>
/// <param name="Name">Its row in the table.</param>
/// <param name="Run">One run: start, the timed part, what it read compared with the disk; all it starts is the
/// track's.</param>
internal sealed record Contestant(string Name, Func<Track, Sample> Run)
{
    /// <summary>The product as it is installed: whose figures the targets are about.</summary>
    public const string Vdifs = "vdifs";

    /// <summary>The product's FUSE server with the same file in memory, and nothing to fetch: what a mount can reach.
    /// </summary>
    public const string Ceiling = "FUSE server, from memory";
}
