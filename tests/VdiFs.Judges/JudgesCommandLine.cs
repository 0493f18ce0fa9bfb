using System.Globalization;
using VdiFs.Judges.Disks;

namespace VdiFs.Judges;

/// <summary>What was asked for.</summary>
/// <param name="Disks">The disks to judge, in order.</param>
/// <param name="IsComplete">Whether they are all there are.</param>
/// <param name="AllParents">Whether deltas have parents of every format that can be one.</param>
/// <param name="Page">The page whose table is to be written; null: none.</param>
/// <param name="Jobs">How many disks are judged at once.</param>
/// <param name="IsSid">Whether the judges are those of Debian sid.</param>
internal sealed record JudgesCommandLine(
    IReadOnlyList<DiskShape> Disks, bool IsComplete, bool AllParents, string? Page, int Jobs, bool IsSid)
{
    private const int DefaultJobs = 2;

    /// <exception cref="FormatException">Something is not understood; its message is for the user.</exception>
    public static JudgesCommandLine Parse(string[] arguments)
    {
        List<DiskShape> named = [];
        bool all = false;
        string? page = null;
        int jobs = DefaultJobs;
        bool isSid = false;
        for (int index = 0; index < arguments.Length; index++)
        {
            switch (arguments[index])
            {
                case "--all":
                    all = true;
                    break;
                case "--sid":
                    isSid = true;
                    break;
                case "--write":
                    page = Value(arguments, ++index);
                    break;
                case "--jobs":
                    jobs = int.TryParse(Value(arguments, ++index), CultureInfo.InvariantCulture, out int number)
                        && number > 0
                        ? number
                        : throw new FormatException("--jobs needs a number above 0");
                    break;
                default:
                    named.Add(Named(arguments[index]));
                    break;
            }
        }

        if (page is not null && !all)
        {
            throw new FormatException("--write needs --all: a table of a sample would claim less than is known");
        }

        IReadOnlyList<DiskShape> disks = named.Count > 0 ? named
            : [.. DiskList.All.Where(disk => all || disk.InSample)];
        return new JudgesCommandLine(disks, all && named.Count == 0, all || named.Count > 0, page, jobs, isSid);
    }

    private static string Value(string[] arguments, int index) =>
        index < arguments.Length
            ? arguments[index]
            : throw new FormatException($"{arguments[index - 1]} needs a value");

    private static DiskShape Named(string name) =>
        DiskList.All.FirstOrDefault(disk => disk.Name == name)
        ?? throw new FormatException(
            $"no disk is called '{name}'; there are: {string.Join(", ", DiskList.All.Select(disk => disk.Name))}");
}
