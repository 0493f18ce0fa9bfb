namespace VdiFs.Simulation.Scenarios;

/// <summary>Sectors that answer with EIO for ever.</summary>
/// <param name="Start">Disk offset in bytes.</param>
/// <param name="End">Disk offset behind the last byte.</param>
/// <param name="Endpoint">The one endpoint that cannot read them; null: none can.</param>
internal readonly record struct BadRange(long Start, long End, int? Endpoint)
{
    public bool Touches(long diskOffset, long length) => diskOffset < End && diskOffset + length > Start;
}
