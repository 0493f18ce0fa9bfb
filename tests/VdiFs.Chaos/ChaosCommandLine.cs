using System.Globalization;
using VdiFs.Chaos.Scenarios;

namespace VdiFs.Chaos;

/// <summary>What was asked for.</summary>
internal sealed record ChaosCommandLine(IReadOnlyList<IScenario> Scenarios, bool List, ChaosOptions Options)
{
    /// <exception cref="FormatException">Something is not understood; its message is for the user.</exception>
    public static ChaosCommandLine Parse(string[] arguments)
    {
        List<IScenario> scenarios = [];
        ChaosOptions options = new(Seed: 1, SizeBytes: null, Rounds: null, Quick: false, Jobs: null);
        bool list = false;
        for (int i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--list":
                    list = true;
                    break;
                case "--quick":
                    options = options with { Quick = true };
                    break;
                case "--seed":
                    options = options with { Seed = Number(arguments, ++i) };
                    break;
                case "--rounds":
                    options = options with { Rounds = Number(arguments, ++i) };
                    break;
                case "--jobs":
                    options = options with { Jobs = Number(arguments, ++i) };
                    break;
                case "--size":
                    options = options with { SizeBytes = Size(arguments, ++i) };
                    break;
                default:
                    scenarios.Add(Named(arguments[i]));
                    break;
            }
        }

        return new ChaosCommandLine(scenarios.Count > 0 ? scenarios : ScenarioList.All, list, options);
    }

    private static IScenario Named(string name) =>
        ScenarioList.All.FirstOrDefault(scenario => scenario.Name == name)
        ?? throw new FormatException($"no scenario is called {name}; --list names them all");

    private static int Number(string[] arguments, int index) =>
        index < arguments.Length
            && int.TryParse(arguments[index], CultureInfo.InvariantCulture, out int number)
            && number > 0
            ? number
            : throw new FormatException($"{arguments[index - 1]} needs a number above 0");

    // Whole MiB, so that every disk ends at the border of its units of data.
    private static long Size(string[] arguments, int index)
    {
        string text = index < arguments.Length ? arguments[index] : "";
        int shift = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch { 'G' => 30, 'M' => 20, _ => 0 };
        string digits = shift == 0 ? text : text[..^1];
        return long.TryParse(digits, CultureInfo.InvariantCulture, out long number)
            && number > 0 && number << shift >> 20 << 20 == number << shift
            ? number << shift
            : throw new FormatException($"{arguments[index - 1]} needs whole MiB, such as 64M or 4G");
    }
}
