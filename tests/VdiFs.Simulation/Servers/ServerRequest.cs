namespace VdiFs.Simulation.Servers;

/// <summary>A request as it came over the wire.</summary>
internal readonly record struct ServerRequest(ushort Command, ulong Cookie, long Offset, uint Length)
{
    public long End => Offset + Length;
}
