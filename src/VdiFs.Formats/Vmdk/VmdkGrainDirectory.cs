using System.Buffers.Binary;
using VdiFs.Formats.Engine;

namespace VdiFs.Formats.Vmdk;

/// <summary>
/// The sector of each grain table; all of them exist and lie one behind the other. Padded with zeros.
/// </summary>
internal sealed class VmdkGrainDirectory : TableRegion
{
    private const int EntryBytes = sizeof(uint);

    private readonly long _tableCount;
    private readonly long _firstTableSector;
    private readonly long _tableSectors;

    internal VmdkGrainDirectory(long entryCount, long tableCount, long firstTableSector, long tableSectors)
        : base(entryCount, EntryBytes)
    {
        _tableCount = tableCount;
        _firstTableSector = firstTableSector;
        _tableSectors = tableSectors;
    }

    private protected override void WriteEntries(long firstEntry, Span<byte> destination)
    {
        for (long entry = firstEntry; !destination.IsEmpty; entry++)
        {
            long sector = entry < _tableCount ? _firstTableSector + entry * _tableSectors : 0;
            BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)sector);
            destination = destination[EntryBytes..];
        }
    }
}
