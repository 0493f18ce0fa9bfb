using System.Globalization;

namespace VdiFs.Pool.Rpc.Events;

/// <summary>The token of event.from: two decimal numbers of twenty digits.</summary>
internal static class EventToken
{
    public static string Write(long generation) =>
        string.Create(CultureInfo.InvariantCulture, $"{generation:D20},{generation:D20}");

    /// <summary>The generation of a token; 0 of the empty one; null when it is no token.</summary>
    public static long? Read(string token)
    {
        if (token.Length == 0)
        {
            return 0;
        }

        string[] parts = token.Split(',');
        return parts.Length == 2 && long.TryParse(parts[0], CultureInfo.InvariantCulture, out long generation)
            && long.TryParse(parts[1], CultureInfo.InvariantCulture, out _)
            ? generation
            : null;
    }
}
