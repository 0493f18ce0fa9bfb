using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace VdiFs.Options;

/// <summary>A time span as users write it: 30s, 5m, 2h, 1d; a whole number and its unit.</summary>
internal readonly record struct DurationText(TimeSpan Duration)
{
    private const int MaximumDigits = 9;

    private static readonly (char Unit, TimeSpan Length)[] Units =
    [
        ('d', TimeSpan.FromDays(1)),
        ('h', TimeSpan.FromHours(1)),
        ('m', TimeSpan.FromMinutes(1)),
        ('s', TimeSpan.FromSeconds(1)),
    ];

    public static bool TryParse(string text, [NotNullWhen(true)] out DurationText? duration)
    {
        duration = null;
        foreach ((char unit, TimeSpan length) in Units)
        {
            // So few digits of the largest unit are still a time span.
            if (text.Length is > 1 and <= MaximumDigits
                && text[^1] == unit
                && int.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                && number <= TimeSpan.MaxValue / length)
            {
                duration = new DurationText(number * length);
                return true;
            }
        }

        return false;
    }

    /// <summary>The duration in the largest unit that gives a whole number.</summary>
    public override string ToString()
    {
        TimeSpan duration = Duration;
        (char unit, TimeSpan length) = Units.First(
            candidate => duration.Ticks % candidate.Length.Ticks == 0 || candidate == Units[^1]);
        return (duration.Ticks / length.Ticks).ToString(CultureInfo.InvariantCulture) + unit;
    }
}
