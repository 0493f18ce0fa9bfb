using VdiFs.EndToEnd.Harness;
using VdiFs.Peers.Timing;

namespace VdiFs.Peers.Racing;

/// <summary>Runs races: every contestant once a round, each round beginning with another one.</summary>
internal static class RaceMeeting
{
    public static RaceResult Run(Race race, PeersOptions options)
    {
        var result = new RaceResult(race);
        for (int round = 0; round < options.Rounds; round++)
        {
            for (int turn = 0; turn < race.Contestants.Count; turn++)
            {
                Contestant contestant = race.Contestants[(round + turn) % race.Contestants.Count];
                result.Add(contestant, RunOne(contestant, race, result, (long)(race.FreshMemory * options.SizeBytes)));
            }
        }

        return result;
    }

    private static Sample? RunOne(Contestant contestant, Race race, RaceResult result, long freshBytes)
    {
        try
        {
            // What a run leaves behind fails it, too.
            using var bench = new Bench();
            RestedMemory.Touch(bench.Directory, freshBytes);
            Sample sample = contestant.Run(new Track(bench));
            IEnumerable<string> words = race.Figures.Where(sample.ContainsKey)
                .Select(figure => $"{figure.Show(sample[figure])} {figure.Name}");
            Console.WriteLine($"   {race.Title}: {contestant.Name}: {string.Join(", ", words)}");
            return sample;
        }
        catch (Exception failure)
        {
            Console.WriteLine($"   {race.Title}: {contestant.Name}: FAILED: {failure}");
            string reason = failure.Message.ReplaceLineEndings(" ");
            result.Failures.TryAdd(contestant.Name, reason);
            return null;
        }
    }
}
