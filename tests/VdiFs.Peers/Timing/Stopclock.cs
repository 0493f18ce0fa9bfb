using System.Diagnostics;
using VdiFs.EndToEnd.Harness;
using VdiFs.Peers.Mounts;
using VdiFs.Peers.Racing;

namespace VdiFs.Peers.Timing;

/// <summary>Times clients from the first one's start to the last one's end.</summary>
internal static class Stopclock
{
    /// <summary>One client.</summary>
    public static Reading Time(Track track, ServedFile? daemon, IReadOnlyList<string> command) =>
        Time(track, daemon, TimeSpan.Zero, [command]);

    /// <summary>Several clients.</summary>
    /// <param name="track">The place.</param>
    /// <param name="daemon">What they read from, null for clients that need none.</param>
    /// <param name="apart">How long after the one before each is started.</param>
    /// <param name="commands">The clients.</param>
    public static Reading Time(
        Track track, ServedFile? daemon, TimeSpan apart, IReadOnlyList<IReadOnlyList<string>> commands)
    {
        int[] serverPids = [.. track.Servers.Where(ProcessTable.IsRunning)];
        CpuMeter servers = new(serverPids);
        CpuMeter own = new(daemon is null ? [] : [daemon.Pid]);
        List<TimedCommand> clients = [];
        try
        {
            long started = Stopwatch.GetTimestamp();
            foreach ((int number, IReadOnlyList<string> command) in commands.Index())
            {
                Thread.Sleep(number == 0 ? TimeSpan.Zero : apart);
                clients.Add(TimedCommand.Start(track, number, command));
            }

            clients.ForEach(client => client.Wait());
            double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            Usage[] used = [.. clients.Select(client => client.Read())];
            long peak = daemon is null
                ? used.Sum(usage => usage.PeakBytes)
                : daemon.PeakMemoryBytes;
            return new Reading(
                seconds,
                own.Seconds + used.Sum(usage => usage.CpuSeconds),
                serverPids.Length == 0 ? null : servers.Seconds,
                peak,
                [.. used.Select(usage => usage.Output)]);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }
}
