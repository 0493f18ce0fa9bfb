using System.Globalization;
using VdiFs.Peers.Workloads;

namespace VdiFs.Peers;

/// <summary>What was asked for.</summary>
/// <param name="Workloads">The workloads to run, in order.</param>
/// <param name="List">Whether to tell what there is, and run nothing.</param>
/// <param name="Page">The page whose tables are to be written; null: none.</param>
/// <param name="Options">How large and how long.</param>
internal sealed record PeersCommandLine(
    IReadOnlyList<IWorkload> Workloads, bool List, string? Page, PeersOptions Options)
{
    private const int DefaultRounds = 5;
    private const long DefaultSize = 4L << 30;

    // A quarter of it is a disk as well, and holds more than what is warmed.
    private const long LeastSize = 512L << 20;

    /// <exception cref="FormatException">Something is not understood; its message is for the user.</exception>
    public static PeersCommandLine Parse(string[] arguments)
    {
        List<IWorkload> named = [];
        PeersOptions options = new(DefaultRounds, DefaultSize);
        bool list = false;
        string? page = null;
        for (int index = 0; index < arguments.Length; index++)
        {
            switch (arguments[index])
            {
                case "--list":
                    list = true;
                    break;
                case "--rounds":
                    options = options with { Rounds = Rounds(Value(arguments, ++index)) };
                    break;
                case "--size":
                    options = options with { SizeBytes = Size(Value(arguments, ++index)) };
                    break;
                case "--write":
                    page = Value(arguments, ++index);
                    break;
                default:
                    named.Add(Named(arguments[index]));
                    break;
            }
        }

        if (page is not null && options.Rounds < DefaultRounds)
        {
            throw new FormatException($"--write needs {DefaultRounds} rounds or more");
        }

        return new PeersCommandLine(named.Count > 0 ? named : WorkloadList.All, list, page, options);
    }

    private static string Value(string[] arguments, int index) =>
        index < arguments.Length
            ? arguments[index]
            : throw new FormatException($"{arguments[index - 1]} needs a value");

    private static IWorkload Named(string name) =>
        WorkloadList.All.FirstOrDefault(workload => workload.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new FormatException($"no workload is called '{name}'; --list names them all");

    private static int Rounds(string text) =>
        int.TryParse(text, CultureInfo.InvariantCulture, out int number) && number > 0
            ? number
            : throw new FormatException("--rounds needs a number above 0");

    private static long Size(string text)
    {
        int shift = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch { 'G' => 30, 'M' => 20, _ => 0 };
        return shift > 0 && int.TryParse(text[..^1], CultureInfo.InvariantCulture, out int number)
            && (long)number << shift >= LeastSize
            ? (long)number << shift
            : throw new FormatException($"--size needs {LeastSize >> 20}M or more, such as 1G");
    }
}
