using System.Buffers.Binary;
using System.Numerics;
using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vmdk;

/// <summary>A disk in grains that a directory and tables tell the places of: monolithicSparse and streamOptimized.
/// </summary>
internal sealed class VmdkGrainContent : VmdkContent
{
    // 2 MiB: a hostile file may make a reader keep a grain of it, and the stream that it comes from.
    private const ulong MaxGrainSectors = 4096;
    private const ulong MinGrainSectors = 8;
    private const uint MaxVersion = 3;

    // Deflate grows what it cannot shrink by 5 bytes in 16 KiB at most, and the header and checksum come on top.
    private const int MaxStreamOverhead = 16 * 1024;

    private readonly IImageBytes _file;
    private readonly bool _hasParent;
    private readonly TableWindow _directory;
    private readonly byte[] _stream;
    private readonly byte[] _grain;

    // The grain table that was looked at last, and its sector.
    private TableWindow? _table;
    private ulong _tableSector;

    // The grain that was taken apart last.
    private long _inflated = -1;

    /// <exception cref="ImageFormatException">The header contradicts itself or the file.</exception>
    internal VmdkGrainContent(IImageBytes file, VmdkSparseHeader front, bool hasParent)
    {
        _file = file;
        _hasParent = hasParent;
        Front = front;
        Header = front.GrainDirectoryOffset == VmdkSparseHeader.GrainDirectoryAtEnd ? ReadFooter(file) : front;
        Require(Header.Version is > 0 and <= MaxVersion, "version", $"1 to {MaxVersion}", Header.Version);
        Require(
            Header.Capacity is > 0 and <= VmdkLimits.MaxDiskLength / Sector.Bytes,
            "capacity", $"1 to {VmdkLimits.MaxDiskLength / Sector.Bytes} sectors", Header.Capacity);
        Require(
            Header.GrainSize is >= MinGrainSectors and <= MaxGrainSectors && BitOperations.IsPow2(Header.GrainSize),
            "grainSize", $"a power of two from {MinGrainSectors} to {MaxGrainSectors}", Header.GrainSize);
        Require(
            Header.GrainTableEntries is > 0 and <= VmdkSparseShape.GrainTableEntries,
            "numGTEsPerGT", $"1 to {VmdkSparseShape.GrainTableEntries}", Header.GrainTableEntries);
        IsCompressed = (Header.Flags & VmdkSparseHeader.HasCompressedGrains) != 0;
        bool isDeflate = (Header.Flags & VmdkSparseHeader.HasMarkers) != 0
            && Header.CompressAlgorithm == VmdkSparseHeader.Deflate;
        Require(
            !IsCompressed || isDeflate, "compressAlgorithm", "deflate behind markers", Header.CompressAlgorithm);
        GrainBytes = (int)Header.GrainSize * Sector.Bytes;
        DiskLength = (long)Header.Capacity * Sector.Bytes;
        GrainCount = Sector.DivideUp(DiskLength, GrainBytes);
        TableCount = Sector.DivideUp(GrainCount, Header.GrainTableEntries);
        _directory = Table(Header.GrainDirectoryOffset, TableCount, "grain directory");
        _stream = GC.AllocateUninitializedArray<byte>(IsCompressed ? GrainBytes + MaxStreamOverhead : 0);
        _grain = GC.AllocateUninitializedArray<byte>(IsCompressed ? GrainBytes : 0);
    }

    internal override long DiskLength { get; }

    /// <summary>The header at the start of the file.</summary>
    internal VmdkSparseHeader Front { get; }

    /// <summary>The header that says where the grain directory is: the first one, or the footer.</summary>
    internal VmdkSparseHeader Header { get; }

    internal bool IsCompressed { get; }

    internal int GrainBytes { get; }

    internal long GrainCount { get; }

    internal long TableCount { get; }

    internal override ImagePiece Locate(long diskOffset, long maxLength)
    {
        long limit = Math.Min(maxLength, DiskLength - diskOffset);
        long grain = diskOffset / GrainBytes;
        PieceKind kind = KindOf(grain);
        long length = GrainBytes - (diskOffset % GrainBytes);
        // To the end of the table at most: more is the next question.
        while (length < limit && ++grain % Header.GrainTableEntries != 0 && KindOf(grain) == kind)
        {
            length += GrainBytes;
        }

        return new ImagePiece(kind, Math.Min(limit, length));
    }

    internal override void ReadStored(long diskOffset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            (long grain, long within) = Math.DivRem(diskOffset, GrainBytes);
            Span<byte> part = destination[..(int)Math.Min(destination.Length, GrainBytes - within)];
            if (IsCompressed)
            {
                if (TryInflate(grain, out _) is { } damage)
                {
                    throw damage.Exception();
                }

                _grain.AsSpan((int)within, part.Length).CopyTo(part);
            }
            else
            {
                long place = (EntryOf(grain) * Sector.Bytes) + within;
                if (FaultOfPlace(place, part.Length, grain) is { } fault)
                {
                    throw fault.Exception();
                }

                _file.Read(place, part);
            }

            destination = destination[part.Length..];
            diskOffset += part.Length;
        }
    }

    /// <summary>The sector of a table, as a directory has it; 0 for one that does not exist.</summary>
    internal long TableSector(long table) => (long)_directory[table];

    /// <summary>The sector of a grain; 0 for one that is not stored, and <see cref="IsZeros"/> may say of 1 that it is
    /// zeros.</summary>
    /// <exception cref="ImageFormatException">Its table is not in the file.</exception>
    internal long EntryOf(long grain)
    {
        (long table, long index) = Math.DivRem(grain, Header.GrainTableEntries);
        ulong sector = _directory[table];
        if (sector == 0)
        {
            return 0;
        }

        if (_table is null || _tableSector != sector)
        {
            _table = Table(sector, Header.GrainTableEntries, "grain table");
            _tableSector = sector;
        }

        return (long)_table[index];
    }

    /// <summary>The grains that a table has an entry for; none when the table does not exist.</summary>
    internal IEnumerable<long> StoredIn(long table)
    {
        long first = table * Header.GrainTableEntries;
        long end = TableSector(table) == 0 ? first : Math.Min(GrainCount, first + Header.GrainTableEntries);
        for (long grain = first; grain < end; grain++)
        {
            if (EntryOf(grain) != 0)
            {
                yield return grain;
            }
        }
    }

    /// <summary>Whether an entry says that its grain is zeros.</summary>
    internal bool IsZeros(long entry) => entry == 1 && (Header.Flags & VmdkSparseHeader.HasZeroGrains) != 0;

    /// <summary>Bytes of the disk in a grain; the last one may be short.</summary>
    internal int BytesOf(long grain) => (int)Math.Min(GrainBytes, DiskLength - (grain * GrainBytes));

    /// <summary>Takes a stored grain of a compressed file apart.</summary>
    /// <param name="grain">One that has an entry.</param>
    /// <param name="bytes">What it takes in the file.</param>
    /// <returns>Why it cannot be: it is damaged, or another grain's.</returns>
    internal ImageFault? TryInflate(long grain, out int bytes)
    {
        const int FrontBytes = sizeof(ulong) + sizeof(uint);
        bytes = 0;
        long place = EntryOf(grain) * Sector.Bytes;
        Span<byte> front = stackalloc byte[FrontBytes];
        if (FaultOfPlace(place, FrontBytes, grain) is { } outside)
        {
            return outside;
        }

        _file.Read(place, front);
        ulong sector = BinaryPrimitives.ReadUInt64LittleEndian(front);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(front[sizeof(ulong)..]);
        if (sector != (ulong)grain * Header.GrainSize || length > _stream.Length)
        {
            return Fault(
                place, $"marker of grain {grain}",
                $"sector {(ulong)grain * Header.GrainSize}, up to {_stream.Length} bytes", $"{sector}, {length} bytes");
        }

        if (_inflated != grain)
        {
            _inflated = -1;
            if (FaultOfPlace(place + FrontBytes, (int)length, grain) is { } cut)
            {
                return cut;
            }

            _file.Read(place + FrontBytes, _stream.AsSpan(0, (int)length));
            int count = VmdkInflater.Inflate(_stream, (int)length, _grain);
            if (count < BytesOf(grain))
            {
                return Fault(
                    place + FrontBytes, $"grain {grain}", $"a zlib stream of {GrainBytes} bytes", "a damaged one");
            }

            _inflated = grain;
        }

        bytes = FrontBytes + (int)length;
        return null;
    }

    private static VmdkSparseHeader ReadFooter(IImageBytes file)
    {
        long offset = file.Length - VmdkMarker.Size - VmdkSparseHeader.Size;
        if (offset < VmdkSparseHeader.Size)
        {
            throw new ImageFault(
                file.Name, file.Length, "footer", "one in front of the last sector", $"a file of {file.Length} bytes")
                .Exception();
        }

        byte[] footer = new byte[VmdkSparseHeader.Size];
        file.Read(offset, footer);
        if (!VmdkSparseHeader.IsOne(footer))
        {
            throw new ImageFault(
                file.Name, offset, "footer", "\"KDMV\"", "0x" + Convert.ToHexStringLower(footer.AsSpan(0, 4))).Exception();
        }

        return VmdkSparseHeader.Read(footer);
    }

    private PieceKind KindOf(long grain)
    {
        long entry = EntryOf(grain);
        return entry == 0 && _hasParent ? PieceKind.Parent
            : entry == 0 || IsZeros(entry) ? PieceKind.Zero
            : PieceKind.Stored;
    }

    private TableWindow Table(ulong sector, long entries, string name)
    {
        long fileSectors = _file.Length / Sector.Bytes;
        return sector > 0 && sector < (ulong)fileSectors
            ? new TableWindow(_file, (long)sector * Sector.Bytes, entries, sizeof(uint), isBigEndian: false, name)
            : throw Fault(0, name, $"a sector from 1 to {fileSectors - 1}", $"{sector}").Exception();
    }

    private void Require(bool isRight, string field, string expected, ulong found)
    {
        if (!isRight)
        {
            throw Fault(0, $"header, {field}", expected, $"{found}").Exception();
        }
    }

    private ImageFault? FaultOfPlace(long place, int length, long grain) => place <= _file.Length - length
        ? null
        : Fault(place, $"grain {grain}", $"a place in the {_file.Length} bytes of the file", $"{place}");

    private ImageFault Fault(long offset, string what, string expected, string found) =>
        new(_file.Name, offset, what, expected, found);
}
