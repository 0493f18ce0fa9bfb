namespace VdiFs.Simulation.Servers;

/// <summary>What a server waits for.</summary>
internal enum HandshakeState
{
    /// <summary>It has not greeted yet.</summary>
    Silent,

    /// <summary>The client flags.</summary>
    Flags,

    /// <summary>An option.</summary>
    Options,

    /// <summary>A request.</summary>
    Transmission,
}
