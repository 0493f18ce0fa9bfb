using System.Buffers.Binary;
using VdiFs.Formats.Engine;

namespace VdiFs.Formats.Vmdk;

/// <summary>The sector of each grain table of a streamOptimized VMDK; 0 for one that does not exist, and as
/// padding.</summary>
internal sealed class VmdkStreamDirectory(VmdkStreamShape shape)
    : TableRegion(shape.DirectorySectors * VmdkSparseShape.EntriesPerSector, EntryBytes)
{
    private const int EntryBytes = sizeof(uint);

    private protected override void WriteEntries(long firstEntry, Span<byte> destination)
    {
        for (long table = firstEntry; !destination.IsEmpty; table++)
        {
            bool exists = table < shape.Tables.GranuleCount && shape.Tables.IsAllocated(table);
            BinaryPrimitives.WriteUInt32LittleEndian(destination, exists ? (uint)shape.TableSector(table) : 0);
            destination = destination[EntryBytes..];
        }
    }
}
