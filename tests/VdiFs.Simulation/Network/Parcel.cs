namespace VdiFs.Simulation.Network;

/// <summary>What travels over one direction of a connection.</summary>
/// <param name="Kind">Bytes or an end.</param>
/// <param name="Bytes">The bytes, in pieces.</param>
internal readonly record struct Parcel(ParcelKind Kind, IReadOnlyList<ReadOnlyMemory<byte>> Bytes)
{
    public static Parcel End { get; } = new(ParcelKind.End, []);

    public static Parcel Reset { get; } = new(ParcelKind.Reset, []);

    public static Parcel Of(params ReadOnlyMemory<byte>[] pieces) => new(ParcelKind.Bytes, pieces);

    public int Length => Bytes.Sum(piece => piece.Length);
}
