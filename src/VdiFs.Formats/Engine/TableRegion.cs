namespace VdiFs.Formats.Engine;

/// <summary>
/// A table of entries of one size, computed for the range asked and never built whole: a disk of 2 TiB has 256 MiB of
/// them in a VMDK.
/// </summary>
internal abstract class TableRegion : Region
{
    private const int MaxEntryBytes = 16;

    private readonly int _entryBytes;

    private protected TableRegion(long entryCount, int entryBytes)
        : base(entryCount * entryBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entryBytes, MaxEntryBytes);
        _entryBytes = entryBytes;
    }

    internal sealed override Segment Locate(long offset, long maxLength) =>
        Metadata(offset, Math.Min(maxLength, Length - offset));

    internal sealed override void ReadMetadata(long offset, Span<byte> destination)
    {
        (long entry, long skip) = Math.DivRem(offset, _entryBytes);
        if (skip > 0)
        {
            int count = Math.Min(destination.Length, _entryBytes - (int)skip);
            WritePart(entry, (int)skip, destination[..count]);
            destination = destination[count..];
            entry++;
        }

        int whole = destination.Length / _entryBytes * _entryBytes;
        WriteEntries(entry, destination[..whole]);
        if (whole < destination.Length)
        {
            WritePart(entry + whole / _entryBytes, 0, destination[whole..]);
        }
    }

    /// <summary>Writes whole entries, from <paramref name="firstEntry"/> on, as many as fit exactly.</summary>
    private protected abstract void WriteEntries(long firstEntry, Span<byte> destination);

    private void WritePart(long entry, int skip, Span<byte> destination)
    {
        Span<byte> one = stackalloc byte[MaxEntryBytes];
        WriteEntries(entry, one[.._entryBytes]);
        one.Slice(skip, destination.Length).CopyTo(destination);
    }
}
