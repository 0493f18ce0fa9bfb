using VdiFs.Simulation.Scenarios;
using VdiFs.Simulation.Servers;

namespace VdiFs.Simulation.Network;

/// <summary>The disk of a scenario, and others that may answer under its name.</summary>
internal static class Impostors
{
    public static ServedDisk TrueDisk(Scenario scenario) =>
        new(scenario.Content, scenario.DiskLength, Flags(scenario), IsTrue: true);

    /// <summary>Another disk: other bytes, and sometimes another size or other flags too.</summary>
    public static ServedDisk Draw(Scenario scenario, Random chance)
    {
        ServedDisk other = TrueDisk(scenario) with
        {
            Content = DiskContent.Of(scenario.Content.Variant + 1 + chance.Next(3)),
            IsTrue = false,
        };
        long unit = scenario.Manner.BlockSizes?.Minimum ?? 512;
        return chance.Next(4) switch
        {
            0 when scenario.DiskLength > unit => other with { Length = scenario.DiskLength - unit },
            1 => other with { TransmissionFlags = (ushort)(other.TransmissionFlags ^ Wire.FlagReadOnly) },
            _ => other,
        };
    }

    private static ushort Flags(Scenario scenario) => (ushort)(Wire.FlagHasFlags | Wire.FlagReadOnly
        | (scenario.Manner.IsMultiConn ? Wire.FlagMultiConn : 0));
}
