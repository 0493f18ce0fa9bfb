using System.Text;
using VdiFs.Formats.Allocation;
using VdiFs.Formats.Engine;
using VdiFs.Formats.Tar;

namespace VdiFs.Formats.Xva;

/// <summary>
/// XenServer's export of a machine: a tar archive of ova.xml and, disk by disk, the chunks of 1 MiB that hold data,
/// each with a hash. The first and the last chunk of a disk are always there: the one tells importers the size of a
/// chunk, the other where the disk ends.
/// </summary>
public static class XvaLayout
{
    internal static ReadOnlySpan<byte> MachineName => "ova.xml"u8;

    /// <summary>
    /// Why these disks cannot be in one XVA, as one sentence with the limit; null when they can.
    /// </summary>
    public static string? RefusalFor(IReadOnlyList<XvaDisk> disks)
    {
        ArgumentNullException.ThrowIfNull(disks);
        HashSet<string> references = [];
        foreach (XvaDisk disk in disks)
        {
            if (!XvaChunk.IsReference(disk.Reference) || !references.Add(disk.Reference))
            {
                return $"The disk's reference \"{disk.Reference}\" is not the only one of its name, or no ASCII name "
                    + $"without a path of at most {XvaChunk.MaxReferenceBytes} bytes.";
            }

            if (disk.Map.DiskLength is 0 or > XvaChunk.MaxChunks * XvaChunk.Bytes)
            {
                return $"The disk {disk.Reference} has {disk.Map.DiskLength} bytes: an XVA holds at least one byte "
                    + $"and at most {XvaChunk.MaxChunks} MiB of each disk.";
            }
        }

        // Importers take the size of the very first chunk for that of all, where they leave some out.
        XvaDisk? first = disks.OrderBy(disk => disk.Reference, StringComparer.Ordinal).FirstOrDefault();
        return first is not null
            && first.Map.DiskLength < XvaChunk.Bytes
            && disks.Any(disk => disk.Map.DiskLength > first.Map.DiskLength)
            ? $"The disk {first.Reference} comes first in the XVA and has {first.Map.DiskLength} bytes: the first one "
                + $"of several needs at least {XvaChunk.Bytes} bytes, or importers misplace the others' chunks."
            : null;
    }

    /// <summary>The archive. Equal arguments give equal bytes, as with <see cref="ImageFormat.CreateLayout"/>.
    /// </summary>
    /// <param name="machine">ova.xml, as xapi's metadata export has it; it is copied.</param>
    /// <param name="disks">In any order: the segments' disk is the index in this list.</param>
    /// <param name="snapshotTime">What the archive says its members' time is.</param>
    /// <exception cref="ImageFormatException">
    /// The disks are refused (<see cref="RefusalFor(IReadOnlyList{XvaDisk})"/>).
    /// </exception>
    public static ImageLayout Create(
        ReadOnlySpan<byte> machine, IReadOnlyList<XvaDisk> disks, DateTimeOffset snapshotTime)
    {
        if (RefusalFor(disks) is { } refusal)
        {
            throw new ImageFormatException(ImageFormatErrorKind.DiskTooLarge, refusal);
        }

        long time = TarHeader.TimeOf(snapshotTime);
        byte[] front = new byte[TarHeader.Size + machine.Length];
        new TarHeader(MachineName, machine.Length, time).Write(front);
        machine.CopyTo(front.AsSpan(TarHeader.Size));
        List<Region> regions =
        [
            new ConstantRegion(front),
            new ZeroRegion(TarHeader.PaddedLength(front.Length) - front.Length),
        ];
        foreach ((int index, XvaDisk disk) in disks.Index()
            .OrderBy(pair => pair.Item.Reference, StringComparer.Ordinal))
        {
            Add(regions, disk, index, time);
        }

        regions.Add(new ZeroRegion(TarHeader.EndBytes));
        return new RegionLayout(regions);
    }

    private static void Add(List<Region> regions, XvaDisk disk, int index, long time)
    {
        byte[] reference = Encoding.ASCII.GetBytes(disk.Reference);
        long length = Sector.RoundUp(disk.Map.DiskLength, Sector.Bytes);
        long last = (length - 1) / XvaChunk.Bytes;
        long lastStart = last * XvaChunk.Bytes;
        if (last > 0)
        {
            regions.Add(Records(
                new SparseDisk(disk.Map, index), PresentBefore(disk.Map, lastStart), 0, XvaChunk.Bytes));
        }

        int lastLength = (int)(length - lastStart);
        regions.Add(Records(
            new SparseDisk(disk.Map, index, lastStart),
            AllocationMap.Full(lastLength, XvaChunk.Bytes),
            last,
            lastLength));

        RecordRegion Records(SparseDisk content, AllocationMap chunks, long firstNumber, int bytes) => new(
            content,
            chunks,
            isLastPadded: true,
            RecordPart.Generated(
                TarHeader.Size,
                (chunk, header) =>
                    XvaChunk.WriteHeader(reference, firstNumber + chunk, isHash: false, bytes, time, header)),
            RecordPart.Data(0, bytes),
            RecordPart.Generated(
                TarHeader.Size,
                (chunk, header) => XvaChunk.WriteHeader(
                    reference, firstNumber + chunk, isHash: true, XvaChunk.HashBytes, time, header)),
            RecordPart.Derived(
                XvaChunk.HashBytes, (chunk, hash) => XvaChunk.WriteHash(chunk[..bytes], hash)),
            RecordPart.Zeros((int)TarHeader.PaddedLength(XvaChunk.HashBytes) - XvaChunk.HashBytes));
    }

    /// <summary>The chunks before the last one: those that hold data, and the first.</summary>
    private static AllocationMap PresentBefore(AllocationMap map, long end)
    {
        AllocationMap chunks = map.WithGranule(XvaChunk.Bytes);
        long count = end / XvaChunk.Bytes;
        if (chunks.NextUnallocated(0) >= count)
        {
            return AllocationMap.Full(end, XvaChunk.Bytes);
        }

        AllocationMapBuilder present = new(end, XvaChunk.Bytes);
        present.Mark(0, XvaChunk.Bytes);
        for (long start = chunks.NextAllocated(0); start < count;)
        {
            long next = Math.Min(count, chunks.NextUnallocated(start));
            present.Mark(start * XvaChunk.Bytes, (next - start) * XvaChunk.Bytes);
            start = next == count ? count : chunks.NextAllocated(next);
        }

        return present.Build();
    }
}
