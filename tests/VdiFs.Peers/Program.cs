using VdiFs.EndToEnd.Harness;
using VdiFs.Peers.MemoryMount;
using VdiFs.Peers.Racing;
using VdiFs.Peers.Report;
using VdiFs.Peers.Workloads;

namespace VdiFs.Peers;

/// <summary>
/// `VdiFs.Peers [WORKLOAD...] [--list] [--rounds N] [--size 4G] [--write PAGE]`: the product beside its peers;
/// scripts/bench.sh runs it.
/// </summary>
internal static class Program
{
    public static int Main(string[] arguments)
    {
        if (arguments is [MemoryServer.Command, ..])
        {
            return MemoryServer.Run(arguments);
        }

        PeersCommandLine line;
        try
        {
            line = PeersCommandLine.Parse(arguments);
        }
        catch (FormatException wrong)
        {
            Console.Error.WriteLine($"bench: {wrong.Message}");
            return 2;
        }

        if (line.List)
        {
            foreach (IWorkload workload in WorkloadList.All)
            {
                Console.WriteLine($"{workload.Name} {workload.Title}");
            }

            return 0;
        }

        using var root = new RunRoot();
        using var bench = new Bench();
        Course course = new(bench, line.Options);
        int failures = line.Workloads.Sum(workload => Run(workload, course, line.Page));
        return failures == 0 ? 0 : 1;
    }

    /// <returns>How many contestants failed; a target that is not reached is no failure.</returns>
    private static int Run(IWorkload workload, Course course, string? page)
    {
        Console.WriteLine($"== {workload.Name} {workload.Title}");
        IReadOnlyList<RaceResult> results =
            [.. workload.Races(course).Select(race => RaceMeeting.Run(race, course.Options))];
        int failures = results.Sum(result => result.Failures.Count);
        string part = PerformancePage.Part(workload, results, course.Options);
        Console.WriteLine(part);
        if (page is not null && failures == 0)
        {
            PerformancePage.Write(page, workload, part);
        }

        return failures;
    }
}
