namespace VdiFs.Peers.Racing;

/// <summary>
/// The ceiling for who also has to fetch what it shows: no run, but arithmetic on two contestants of the same round. It
/// holds for a product that serves as the one does and fetches as cheaply as the other.
/// </summary>
internal static class FetchingCeiling
{
    private const double MebibytesOfGibibyte = 1024;

    /// <summary>Speed and processor time of both together.</summary>
    /// <param name="serving">The run that only shows, from memory.</param>
    /// <param name="fetching">The run that only fetches, of as large a disk.</param>
    /// <param name="processors">How many share the work, the server's too.</param>
    /// <returns>Null when one of the runs failed.</returns>
    public static Sample? Of(Sample? serving, Sample? fetching, int processors)
    {
        if (serving is null || fetching is null)
        {
            return null;
        }

        double own = serving[Figure.Cpu] + fetching[Figure.Cpu];
        double busy = (own + fetching[Figure.ServerCpu]) / processors;
        // Either waits at times, for its one reader or a slow link, while a processor has nothing to do.
        double fastest = Math.Min(serving[Figure.Speed], fetching[Figure.Speed]);
        return new Sample
        {
            [Figure.Speed] = Math.Min(fastest, MebibytesOfGibibyte / busy),
            [Figure.Cpu] = own,
        };
    }
}
