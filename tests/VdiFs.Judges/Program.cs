using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using VdiFs.EndToEnd.Harness;
using VdiFs.Judges.Disks;
using VdiFs.Judges.Images;
using VdiFs.Judges.Judges;
using VdiFs.Judges.Verdicts;

namespace VdiFs.Judges;

/// <summary>
/// `VdiFs.Judges [DISK...] [--all] [--sid] [--write FILE] [--jobs N]`: puts images of every format before every judge;
/// scripts/judges.sh runs it.
/// </summary>
internal static class Program
{
    public static int Main(string[] arguments)
    {
        JudgesCommandLine line;
        try
        {
            line = JudgesCommandLine.Parse(arguments);
        }
        catch (FormatException wrong)
        {
            Console.Error.WriteLine($"judges: {wrong.Message}");
            return 2;
        }

        using var root = new RunRoot();
        var panel = Panel.Assemble(line.IsSid ? JudgeList.OfSid : JudgeList.Usual);
        var table = new VerdictTable();
        int broken = JudgeAll(line, panel, table);
        IReadOnlyList<Entry> entries = table.Entries();
        IReadOnlyList<string> stale = line.IsComplete && panel.IsComplete ? Stale(entries, panel) : [];
        foreach (string words in stale)
        {
            Console.WriteLine($"FAILED {words}");
        }

        int failed = entries.Count(entry => !entry.IsExpected) + broken + stale.Count + panel.Failures;
        if (line.Page is { } page && failed == 0)
        {
            FormatsPage.Write(page, line.IsSid ? "judges of sid" : "judges", entries, panel, line.Disks.Count);
        }

        int passed = entries.Count(entry => entry.IsExpected);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{passed} passed, {failed} failed"));
        return failed == 0 ? 0 : 1;
    }

    /// <summary>Exceptions that no image met: the table would go on telling what is not so any more.</summary>
    private static IReadOnlyList<string> Stale(IReadOnlyList<Entry> entries, Panel panel) =>
    [
        .. KnownExceptions.All.Where(known => panel.Present.Any(seat => known.Judges.Contains(seat.Judge.Name)))
            .Except(entries.Select(entry => entry.Known).OfType<KnownException>())
            .Select(known => $"the exception for {string.Join(", ", known.Judges)} and {known.Images} met no image"),
    ];

    // Each on a thread of its own that lives as long as it runs: nbdkit ends with the thread that started it.
    private static int JudgeAll(JudgesCommandLine line, Panel panel, VerdictTable table)
    {
        var waiting = new ConcurrentQueue<DiskShape>(line.Disks);
        int broken = 0;
        Thread[] threads = [.. Enumerable.Range(0, line.Jobs).Select(_ => new Thread(JudgeWaiting))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return broken;

        void JudgeWaiting()
        {
            while (waiting.TryDequeue(out DiskShape? shape))
            {
                Interlocked.Add(ref broken, Judge(shape, panel, table, line.AllParents) ? 0 : 1);
            }
        }
    }

    private static bool Judge(DiskShape shape, Panel panel, VerdictTable table, bool allParents)
    {
        var watch = Stopwatch.StartNew();
        List<Entry> entries = [];
        try
        {
            using var bench = new Bench();
            JudgedDisk disk = shape.Make(bench);
            IEnumerable<JudgedImage> images = MountedImages.Of(bench, disk);
            if (disk.IsReadWhole)
            {
                ChangedDisk later = ChangedDisk.After(bench, disk);
                images = images
                    .Concat(WrittenDeltas.Of(bench, disk, later, allParents))
                    .Concat(WrittenArchives.Of(bench, disk, later.Disk));
            }

            foreach (JudgedImage image in images)
            {
                entries.AddRange(panel.Ask(shape, image, bench));
            }
        }
        catch (Exception failure)
        {
            Console.WriteLine($"FAILED {shape.Name}: {failure}");
            return false;
        }
        finally
        {
            entries.ForEach(table.Add);
        }

        int unexpected = entries.Count(entry => !entry.IsExpected);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"== {shape.Name}: {entries.Count} verdicts, {entries.Count(entry => entry.Known is not null)} known "
            + $"exceptions, {unexpected} unexpected, {watch.Elapsed.TotalSeconds:F1} s"));
        return true;
    }
}
