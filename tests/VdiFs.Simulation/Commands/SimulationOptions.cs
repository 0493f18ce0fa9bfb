using System.Globalization;

namespace VdiFs.Simulation.Commands;

/// <summary>What the command line asks for.</summary>
internal sealed record SimulationOptions
{
    public const string Usage = """
        usage: VdiFs.Simulation [--seeds FROM-TO] [--minutes N] [--jobs N]    play many seeds
               VdiFs.Simulation --seed S [--trace]                            play one, telling of every event
               VdiFs.Simulation --check-determinism [--seeds FROM-TO]         play each twice and compare
               VdiFs.Simulation --regressions                                 play the seeds that found something once
        """;

    /// <summary>The first seed.</summary>
    public long From { get; init; } = 1;

    /// <summary>The last seed.</summary>
    public long To { get; init; } = 1000;

    /// <summary>How far one seed is from the next; a child process plays each so-manieth.</summary>
    public long Stride { get; init; } = 1;

    /// <summary>When to stop although seeds are left; null: never.</summary>
    public TimeSpan? Limit { get; init; }

    /// <summary>Processes that play at the same time.</summary>
    public int Jobs { get; init; } = 1;

    /// <summary>Whether to tell of every event.</summary>
    public bool IsTraced { get; init; }

    public bool ChecksDeterminism { get; init; }

    public bool PlaysRegressions { get; init; }

    /// <summary>Whether another process of this program reads the output.</summary>
    public bool IsChild { get; init; }

    /// <summary>The options, or null when they are no sense.</summary>
    public static SimulationOptions? Parse(IReadOnlyList<string> arguments)
    {
        SimulationOptions options = new();
        for (int i = 0; i < arguments.Count; i++)
        {
            string name = arguments[i];
            bool isFlag = name is "--trace" or "--check-determinism" or "--regressions" or "--child";
            string value = isFlag || i + 1 == arguments.Count ? "" : arguments[++i];
            if (options.With(name, value) is not { } next)
            {
                return null;
            }

            options = next;
        }

        return options;
    }

    private SimulationOptions? With(string name, string value)
    {
        string[] ends = value.Split('-');
        return name switch
        {
            "--seeds" when ends.Length == 2 && TryNumber(ends[0], out long from) && TryNumber(ends[1], out long to) =>
                this with { From = from, To = to },
            "--seed" when TryNumber(value, out long seed) => this with { From = seed, To = seed },
            "--stride" when TryNumber(value, out long stride) && stride > 0 => this with { Stride = stride },
            "--minutes" when double.TryParse(value, CultureInfo.InvariantCulture, out double minutes) =>
                this with { Limit = TimeSpan.FromMinutes(minutes) },
            "--jobs" when TryNumber(value, out long jobs) && jobs is > 0 and <= 256 => this with { Jobs = (int)jobs },
            "--trace" => this with { IsTraced = true },
            "--check-determinism" => this with { ChecksDeterminism = true },
            "--regressions" => this with { PlaysRegressions = true },
            "--child" => this with { IsChild = true },
            _ => null,
        };
    }

    private static bool TryNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
