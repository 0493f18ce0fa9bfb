using System.Buffers.Binary;

namespace VdiFs.Formats.Tar;

/// <summary>
/// The header in front of a regular file in a tar archive (POSIX.1-1988, ustar interchange format). Numbers are octal
/// digits; a length that they cannot hold is written in GNU's way, as a big-endian integer behind a byte 0x80, which
/// is what readers of OVA and XVA understand instead of pax headers. Lends its name: neither reading nor writing
/// allocates.
/// </summary>
/// <param name="name">ASCII, 1 to <see cref="MaxNameBytes"/> bytes.</param>
/// <param name="length">Bytes of the file, without the padding behind it.</param>
/// <param name="modificationTime">Seconds since 1970, as <see cref="TimeOf"/> makes them.</param>
internal readonly ref struct TarHeader(ReadOnlySpan<byte> name, long length, long modificationTime)
{
    internal const int Size = 512;

    /// <summary>The field has 100 bytes; a name that fills it has no end, which some readers overrun.</summary>
    internal const int MaxNameBytes = 99;

    /// <summary>Two blocks of zeros end an archive.</summary>
    internal const int EndBytes = 2 * Size;

    // 11 octal digits: 8 GiB - 1, or the year 2242.
    private const long MaxOctal = (1L << 33) - 1;

    private const int NameBytes = 100;
    private const int ShortNumberBytes = 8;
    private const int LongNumberBytes = 12;
    private const int ModeOffset = 100;
    private const int OwnerOffset = 108;
    private const int GroupOffset = 116;
    private const int LengthOffset = 124;
    private const int TimeOffset = 136;
    private const int ChecksumOffset = 148;
    private const int TypeOffset = 156;
    private const int MagicOffset = 257;
    private const int PrefixOffset = 345;
    private const int PrefixBytes = 155;
    private const long Mode = 420; // rw-r--r--
    private const byte RegularFile = (byte)'0';
    private const byte Base256 = 0x80;

    /// <summary>ASCII.</summary>
    internal ReadOnlySpan<byte> Name { get; } = name;

    /// <summary>Bytes of the file, without the padding behind it.</summary>
    internal long Length { get; } = length;

    /// <summary>Seconds since 1970.</summary>
    internal long ModificationTime { get; } = modificationTime;

    private static ReadOnlySpan<byte> MagicAndVersion => "ustar\000"u8;

    /// <summary>An instant as the header can say it: before 1970 becomes 1970, after 2242 the last second.</summary>
    internal static long TimeOf(DateTimeOffset instant) => Math.Clamp(instant.ToUnixTimeSeconds(), 0, MaxOctal);

    /// <summary>Bytes that a file takes in the archive behind its header: whole blocks.</summary>
    internal static long PaddedLength(long length) => Sector.RoundUp(length, Size);

    /// <exception cref="ImageFormatException">It is no header of a regular file.</exception>
    internal static TarHeader Read(ReadOnlySpan<byte> source)
    {
        source = source[..Size];
        long checksum = ReadNumber(source.Slice(ChecksumOffset, ShortNumberBytes), "checksum");
        if (checksum != Checksum(source))
        {
            throw Malformed($"The tar header's checksum is {checksum}; expected {Checksum(source)}.");
        }

        // "ustar\0", or "ustar " as GNU tar writes it.
        if (!source[MagicOffset..].StartsWith(MagicAndVersion[..5]))
        {
            throw Malformed("The tar header has not the magic \"ustar\".");
        }

        // NUL is how tar before POSIX said the same.
        if (source[TypeOffset] is not (RegularFile or 0))
        {
            throw Malformed($"The tar header is of type 0x{source[TypeOffset]:x2}; expected a regular file.");
        }

        if (source.Slice(PrefixOffset, PrefixBytes).ContainsAnyExcept((byte)0))
        {
            throw Malformed("The tar header has a prefix; expected the whole name in one field.");
        }

        ReadOnlySpan<byte> name = source[..NameBytes];
        int end = name.IndexOf((byte)0);
        name = end < 0 ? name : name[..end];
        if (name.IsEmpty || name.ContainsAnyExceptInRange((byte)' ', (byte)'~'))
        {
            throw Malformed("The tar header's name is empty or not ASCII.");
        }

        return new TarHeader(
            name,
            ReadNumber(source.Slice(LengthOffset, LongNumberBytes), "length"),
            ReadNumber(source.Slice(TimeOffset, LongNumberBytes), "time"));
    }

    internal void Write(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfZero(Name.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Name.Length, MaxNameBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(Length);
        ArgumentOutOfRangeException.ThrowIfNegative(ModificationTime);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ModificationTime, MaxOctal);
        destination = destination[..Size];
        destination.Clear();
        Name.CopyTo(destination);
        WriteOctal(destination.Slice(ModeOffset, ShortNumberBytes), Mode);
        WriteOctal(destination.Slice(OwnerOffset, ShortNumberBytes), 0);
        WriteOctal(destination.Slice(GroupOffset, ShortNumberBytes), 0);
        WriteLength(destination.Slice(LengthOffset, LongNumberBytes));
        WriteOctal(destination.Slice(TimeOffset, LongNumberBytes), ModificationTime);
        destination[TypeOffset] = RegularFile;
        MagicAndVersion.CopyTo(destination[MagicOffset..]);
        // Custom: six digits, a NUL and a space.
        WriteOctal(destination.Slice(ChecksumOffset, ShortNumberBytes - 1), Checksum(destination));
        destination[ChecksumOffset + ShortNumberBytes - 1] = (byte)' ';
    }

    private void WriteLength(Span<byte> field)
    {
        if (Length <= MaxOctal)
        {
            WriteOctal(field, Length);
            return;
        }

        field[0] = Base256;
        BinaryPrimitives.WriteInt64BigEndian(field[^sizeof(long)..], Length);
    }

    /// <summary>Digits that fill the field up to a NUL.</summary>
    private static void WriteOctal(Span<byte> field, long value)
    {
        field[^1] = 0;
        for (int index = field.Length - 2; index >= 0; index--)
        {
            field[index] = (byte)('0' + (value & 7));
            value >>= 3;
        }
    }

    private static long ReadNumber(ReadOnlySpan<byte> field, string what)
    {
        if (field[0] == Base256 && field.Length == LongNumberBytes)
        {
            long number = BinaryPrimitives.ReadInt64BigEndian(field[^sizeof(long)..]);
            return number >= 0 && !field[1..^sizeof(long)].ContainsAnyExcept((byte)0)
                ? number
                : throw Malformed($"The tar header's {what} is too large.");
        }

        ReadOnlySpan<byte> digits = field.Trim(" \0"u8);
        long value = 0;
        foreach (byte digit in digits)
        {
            // 12 digits at most: no overflow.
            value = digit is >= (byte)'0' and <= (byte)'7'
                ? (value << 3) + (digit - '0')
                : throw Malformed($"The tar header's {what} is no octal number.");
        }

        return value;
    }

    /// <summary>The sum of all bytes, its own field taken as spaces.</summary>
    private static int Checksum(ReadOnlySpan<byte> header)
    {
        int sum = ShortNumberBytes * ' ';
        for (int index = 0; index < Size; index++)
        {
            sum += index is >= ChecksumOffset and < ChecksumOffset + ShortNumberBytes ? 0 : header[index];
        }

        return sum;
    }

    private static ImageFormatException Malformed(string message) => new(ImageFormatErrorKind.Malformed, message);
}
