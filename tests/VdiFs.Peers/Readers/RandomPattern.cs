using System.Globalization;

namespace VdiFs.Peers.Readers;

/// <summary>How random reads are made.</summary>
/// <param name="Kibibytes">The size of each.</param>
/// <param name="Depth">How many one job has under way.</param>
/// <param name="Jobs">How many jobs there are.</param>
internal sealed record RandomPattern(int Kibibytes, int Depth, int Jobs)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Kibibytes} KiB, depth {Depth}, {Jobs} job{(Jobs == 1 ? "" : "s")}");
}
