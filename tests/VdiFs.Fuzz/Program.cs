using System.Globalization;
using SharpFuzz;
using VdiFs.Fuzz;

// VdiFs.Fuzz TARGET                          under afl-fuzz, with VdiFs.Nbd.dll and VdiFs.Formats.dll instrumented
// VdiFs.Fuzz --write-seeds TARGET DIRECTORY  good inputs, one a file
// VdiFs.Fuzz --mutate TARGET SECONDS SEED    mutations without coverage, no other tool needed
// VdiFs.Fuzz --replay TARGET FILE            one input, for a finding
// VdiFs.Fuzz --record TARGET FUZZER_STATS    a line for the report
string[] words = args is [['-', ..], ..] ? args : ["--fuzz", .. args];
if (words.Length < 2 || FuzzTarget.Find(words[1]) is not { } target)
{
    await Console.Error.WriteLineAsync(
        $"usage: VdiFs.Fuzz [--write-seeds|--mutate|--replay|--record] TARGET ...; targets: "
        + string.Join(", ", FuzzTarget.All));
    return 2;
}

switch (words)
{
    case ["--fuzz", _]:
        Fuzzer.Run(stream =>
        {
            using MemoryStream input = new();
            stream.CopyTo(input);
            target.Execute(input.ToArray());
        });
        return 0;
    case ["--write-seeds", _, var directory]:
        Directory.CreateDirectory(directory);
        foreach ((int number, byte[][] frames) in target.Seeds().Index())
        {
            await File.WriteAllBytesAsync(
                Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{number:000}")),
                [.. frames.SelectMany(frame => frame)]);
        }

        return 0;
    case ["--mutate", _, var seconds, var seed]:
        TimeSpan time = TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture));
        long done = FuzzRun.Mutate(target, int.Parse(seed, CultureInfo.InvariantCulture), long.MaxValue, time);
        Console.WriteLine($"{target}: {done} executions in {seconds} s with seed {seed}, no finding");
        return 0;
    case ["--replay", _, var file]:
        target.Execute(await File.ReadAllBytesAsync(file));
        Console.WriteLine($"{target}: no finding");
        return 0;
    case ["--record", _, var statistics]:
        FuzzRun.Record(target, statistics);
        return 0;
    default:
        await Console.Error.WriteLineAsync("those words do not fit together");
        return 2;
}
