namespace VdiFs.Simulation.Network;

/// <summary>The kinds of <see cref="Parcel"/>.</summary>
internal enum ParcelKind
{
    /// <summary>Bytes of the stream.</summary>
    Bytes,

    /// <summary>The sender sends no more (FIN).</summary>
    End,

    /// <summary>The connection is broken (RST); what was not received yet is lost.</summary>
    Reset,
}
