using VdiFs.Simulation.Scenarios;

namespace VdiFs.Simulation.Servers;

/// <summary>The disk that a server serves on a connection.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="TransmissionFlags">Its transmission flags.</param>
/// <param name="IsTrue">Whether it is the scenario's disk, and not another one under its name.</param>
internal sealed record ServedDisk(DiskContent Content, long Length, ushort TransmissionFlags, bool IsTrue);
