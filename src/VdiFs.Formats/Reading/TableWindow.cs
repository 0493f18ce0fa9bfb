using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VdiFs.Formats.Reading;

/// <summary>
/// A table of an image, of which a window is in memory: entries near the last one that was asked for cost nothing, and
/// a table costs no memory however long its file says it is. Not thread-safe.
/// </summary>
internal sealed class TableWindow
{
    // A grain table 32 times over; a VHD of 32 GiB needs one window.
    private const int WindowBytes = 64 * 1024;

    private readonly IImageBytes _file;
    private readonly int _entryBytes;
    private readonly bool _isBigEndian;
    private readonly byte[] _window;

    // The entries that the window holds: none when the count is 0.
    private long _first;
    private int _count;

    /// <summary>Reads nothing yet.</summary>
    /// <param name="file">Where the table is.</param>
    /// <param name="fileOffset">Its first byte.</param>
    /// <param name="count">Entries.</param>
    /// <param name="entryBytes">2, 4 or 8.</param>
    /// <param name="isBigEndian">The byte order.</param>
    /// <param name="name">For the fault: "block allocation table".</param>
    /// <exception cref="ImageFormatException">The table is not in the file.</exception>
    internal TableWindow(
        IImageBytes file, long fileOffset, long count, int entryBytes, bool isBigEndian, string name)
    {
        if (fileOffset < 0 || count < 0 || fileOffset > file.Length || count > (file.Length - fileOffset) / entryBytes)
        {
            throw new ImageFault(
                file.Name,
                fileOffset,
                name,
                $"{count} entries of {entryBytes} bytes in the file",
                $"a file of {file.Length} bytes").Exception();
        }

        _file = file;
        FileOffset = fileOffset;
        Count = count;
        _entryBytes = entryBytes;
        _isBigEndian = isBigEndian;
        // Clearing it took a large part of a small image's check, and only what was read into it is looked at.
        _window = GC.AllocateUninitializedArray<byte>((int)Math.Min(WindowBytes, count * entryBytes));
    }

    /// <summary>The file offset of the first entry.</summary>
    internal long FileOffset { get; }

    /// <summary>Entries.</summary>
    internal long Count { get; }

    /// <summary>An entry's value.</summary>
    /// <param name="index">0 up to, not including, <see cref="Count"/>.</param>
    internal ulong this[long index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            EnsureLoaded(index);
            ReadOnlySpan<byte> entry = _window.AsSpan((int)(index - _first) * _entryBytes, _entryBytes);
            return (_entryBytes, _isBigEndian) switch
            {
                (sizeof(ushort), true) => BinaryPrimitives.ReadUInt16BigEndian(entry),
                (sizeof(ushort), false) => BinaryPrimitives.ReadUInt16LittleEndian(entry),
                (sizeof(uint), true) => BinaryPrimitives.ReadUInt32BigEndian(entry),
                (sizeof(uint), false) => BinaryPrimitives.ReadUInt32LittleEndian(entry),
                (sizeof(ulong), true) => BinaryPrimitives.ReadUInt64BigEndian(entry),
                (sizeof(ulong), false) => BinaryPrimitives.ReadUInt64LittleEndian(entry),
                _ => throw new InvalidOperationException($"No table has entries of {_entryBytes} bytes."),
            };
        }
    }

    /// <summary>The file offset of an entry.</summary>
    internal long OffsetOf(long index) => FileOffset + index * _entryBytes;

    /// <summary>The first entry from <paramref name="index"/> on that has another value; <see cref="Count"/> if none
    /// has. Long runs of equal entries, which most tables consist of, are passed at the speed of memory.</summary>
    /// <param name="index">0 up to <see cref="Count"/>.</param>
    /// <param name="value">As an entry may have it.</param>
    internal long NextOther(long index, ulong value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        while (index < Count)
        {
            EnsureLoaded(index);
            ReadOnlySpan<byte> rest = _window.AsSpan(0, _count * _entryBytes)[((int)(index - _first) * _entryBytes)..];
            int other = IndexOfOther(rest, value);
            if (other >= 0)
            {
                return index + other;
            }

            index = _first + _count;
        }

        return Count;
    }

    private int IndexOfOther(ReadOnlySpan<byte> entries, ulong value)
    {
        bool isSwapped = _isBigEndian == BitConverter.IsLittleEndian;
        switch (_entryBytes)
        {
            case sizeof(ushort):
                ushort two = checked((ushort)value);
                return MemoryMarshal.Cast<byte, ushort>(entries)
                    .IndexOfAnyExcept(isSwapped ? BinaryPrimitives.ReverseEndianness(two) : two);
            case sizeof(uint):
                uint four = checked((uint)value);
                return MemoryMarshal.Cast<byte, uint>(entries)
                    .IndexOfAnyExcept(isSwapped ? BinaryPrimitives.ReverseEndianness(four) : four);
            default:
                return MemoryMarshal.Cast<byte, ulong>(entries)
                    .IndexOfAnyExcept(isSwapped ? BinaryPrimitives.ReverseEndianness(value) : value);
        }
    }

    private void EnsureLoaded(long index)
    {
        if (index >= _first && index < _first + _count)
        {
            return;
        }

        int capacity = _window.Length / _entryBytes;
        // Aligned, so that going back and forth around a border does not read the same bytes again and again.
        long first = index / capacity * capacity;
        int count = (int)Math.Min(capacity, Count - first);
        _count = 0;
        _file.Read(OffsetOf(first), _window.AsSpan(0, count * _entryBytes));
        _first = first;
        _count = count;
    }
}
