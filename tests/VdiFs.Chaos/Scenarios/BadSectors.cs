using System.Globalization;
using VdiFs.Chaos.Content;
using VdiFs.Chaos.Readers;
using VdiFs.Chaos.Servers;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.Chaos.Scenarios;

/// <summary>A disk with sectors that cannot be read (nbdkit's ddrescue filter), rescued by ddrescue.</summary>
internal sealed class BadSectors : IScenario
{
    private const int Sector = 512;
    private const int SectorsPerPage = PageCode.PageSize / Sector;
    private static readonly TimeSpan ReadDeadline = TimeSpan.FromSeconds(10);

    public string Name => "bad-sectors";

    public string Summary =>
        "sectors that always fail: EIO for their pages and no other; ddrescue's map names exactly them";

    public Extent Extent => new(FullRounds: 16, QuickRounds: 1, FullSizeBytes: 1L << 30);

    public void Run(ChaosRun run)
    {
        SortedSet<long> badSectors = [];
        for (int i = 0; i < run.Rounds; i++)
        {
            badSectors.Add((DataPage(run) * SectorsPerPage) + run.Random.Next(SectorsPerPage));
        }

        SortedSet<long> badPages = [.. badSectors.Select(sector => sector / SectorsPerPage)];
        string badMap = run.Bench.PathOf("bad.map");
        File.WriteAllLines(badMap, MapOf(badSectors, run.Size));
        var spot = ServerSpot.OnSocket(run.Bench, "server");
        NbdkitServer.Start(run.Bench, spot, () =>
            ["--filter=ddrescue", "file", run.Disk.Path, $"ddrescue-mapfile={badMap}"]);
        run.Tally.Fault(badPages.Count);
        var siege = Siege.Lay(run, ServerSpot.SourceOf(spot), ReadDeadline);
        siege.NoteDaemon();
        ReadAround(run, siege, badPages);
        Rescue(run, siege, badPages);
        siege.CheckNothingLeaked();
    }

    /// <summary>Every page near a bad one, alone: EIO for the bad, right bytes for its neighbours.</summary>
    private static void ReadAround(ChaosRun run, Siege siege, SortedSet<long> badPages)
    {
        const int Neighbours = 24;
        using PageReader reader = siege.NewPageReader();
        byte[] page = new byte[PageCode.PageSize];
        long pages = run.Size / PageCode.PageSize;
        foreach (long bad in badPages)
        {
            for (long number = Math.Max(0, bad - Neighbours); number < Math.Min(pages, bad + Neighbours); number++)
            {
                long offset = number * PageCode.PageSize;
                int errno = siege.InTime(() => reader.Read(offset, page), $"a read of page {number}");
                int expected = badPages.Contains(number) ? PageReader.Eio : 0;
                run.Tally.Count(errno == 0 ? "pages_read" : "pages_failed");
                run.Check(errno == expected, $"page {number} gives errno {errno}, not {expected}");
            }
        }
    }

    private static void Rescue(ChaosRun run, Siege siege, SortedSet<long> badPages)
    {
        string copy = run.Bench.PathOf("rescued");
        string map = run.Bench.PathOf("rescued.map");
        string[] command = ["ddrescue", "-q", "-S", "-b", "4096", siege.FileOf("disk.raw"), copy, map];
        CommandResult? result = WatchedCommand.Run(command, siege.Patience, CancellationToken.None);
        if (result is null)
        {
            run.Tally.Hang("ddrescue stood still");
            return;
        }

        run.Check(result.ExitCode == 0, result.ToString());
        SortedSet<long> unread = UnreadPages(map);
        run.Check(
            unread.SetEquals(badPages),
            $"ddrescue could not read pages {string.Join(' ', unread)}; bad are {string.Join(' ', badPages)}");
        List<string> words = [];
        int wrong = run.Disk.CountWrong(copy, words);
        run.Tally.Read(run.Size);
        if (wrong > unread.Count)
        {
            run.Tally.WrongBytes(wrong - unread.Count, string.Join("; ", words));
        }
    }

    // Lines of "position size status", all but '+' (finished) is what it could not read.
    private static SortedSet<long> UnreadPages(string map)
    {
        SortedSet<long> pages = [];
        foreach (string[] fields in File.ReadLines(map).Where(line => !line.StartsWith('#')).Skip(1).Select(line =>
            line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(fields => fields[2] != "+"))
        {
            long start = Convert.ToInt64(fields[0], 16);
            long end = start + Convert.ToInt64(fields[1], 16);
            for (long page = start / PageCode.PageSize; page * PageCode.PageSize < end; page++)
            {
                pages.Add(page);
            }
        }

        return pages;
    }

    /// <summary>ddrescue's own account of such a disk: all is read but those sectors.</summary>
    private static IEnumerable<string> MapOf(SortedSet<long> badSectors, long size)
    {
        long position = 0;
        yield return "0x0 + 1";
        foreach (long sector in badSectors)
        {
            yield return Line(position, (sector * Sector) - position, '+');
            yield return Line(sector * Sector, Sector, '-');
            position = (sector + 1) * Sector;
        }

        yield return Line(position, size - position, '+');
    }

    private static string Line(long position, long length, char status) =>
        string.Create(CultureInfo.InvariantCulture, $"0x{position:X} 0x{length:X} {status}");

    private static long DataPage(ChaosRun run)
    {
        long page;
        do
        {
            page = run.Random.NextInt64(run.Size / PageCode.PageSize);
        }
        while (!PageCode.IsData(run.Disk.Seed, page * PageCode.PageSize));
        return page;
    }
}
