using System.Globalization;

namespace VdiFs.Simulation.Scheduling;

/// <summary>
/// Everything that happened, as a hash and, when asked for, as lines. Two runs of a seed must have the same hash.
/// </summary>
internal sealed class Trace(Schedule schedule, TextWriter? lines)
{
    private const ulong Prime = 0x9E37_79B9_7F4A_7C15;

    private ulong _hash = 0xCBF2_9CE4_8422_2325;

    public ulong Hash => _hash;

    /// <summary>Notes one thing: what, whose, and two numbers of it.</summary>
    public void Note(string what, long whose, long first = 0, long second = 0)
    {
        Mix(schedule.Now);
        foreach (char letter in what)
        {
            _hash = (_hash ^ letter) * 0x100_0000_01B3;
        }

        Mix(whose);
        Mix(first);
        Mix(second);
        lines?.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{schedule.Elapsed:hh\\:mm\\:ss\\.ffffff} {what} {whose} {first} {second}"));
    }

    /// <summary>A line for people alone.</summary>
    public void Say(string line) => lines?.WriteLine($"{schedule.Elapsed:hh\\:mm\\:ss\\.ffffff} {line}");

    private void Mix(long value)
    {
        _hash = (_hash ^ (ulong)value) * Prime;
        _hash ^= _hash >> 29;
    }
}
