using VdiFs.Formats.Reading;

namespace VdiFs.Fuzz.Images;

/// <summary>
/// An image file that is mostly zeros, as a fuzz input says it: pieces of 4 bytes of zeros to skip, 2 of a length, and
/// so many bytes; the numbers big-endian. Counts what is read and says stop when it is too much.
/// </summary>
internal sealed class SparseImage : IImageBytes
{
    /// <summary>The longest file; what an input says beyond is not there.</summary>
    private const int MaxLength = 64 * 1024 * 1024;

    private const int PieceHeaderBytes = 6;

    private readonly byte[] _bytes;
    private readonly Func<string, IImageBytes?> _openSibling;
    private readonly ReadBudget _budget;

    /// <summary>A file of these bytes.</summary>
    public SparseImage(string name, byte[] bytes, Func<string, IImageBytes?> openSibling, ReadBudget budget)
    {
        budget.Add(bytes.Length);
        Name = name;
        _bytes = bytes;
        _openSibling = openSibling;
        _budget = budget;
    }

    public string Name { get; }

    public long Length => _bytes.Length;

    /// <summary>The bytes of the file that an input describes.</summary>
    public static byte[] Parse(byte[] input)
    {
        using MemoryStream file = new();
        int position = 0;
        while (input.Length - position >= PieceHeaderBytes)
        {
            uint skip = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(input.AsSpan(position));
            int length = System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(input.AsSpan(position + 4));
            position += PieceHeaderBytes;
            length = Math.Min(length, input.Length - position);
            if (skip > MaxLength - file.Length || length > MaxLength - file.Length - skip)
            {
                break;
            }

            file.SetLength(file.Length + skip);
            file.Position = file.Length;
            file.Write(input, position, length);
            position += length;
        }

        return file.ToArray();
    }

    /// <summary>The pieces that say a file: one for each stretch without many zeros.</summary>
    public static byte[][] Describe(byte[] file)
    {
        const int FewZeros = 16;
        const int MaxPiece = 1024;
        List<byte[]> pieces = [];
        int position = 0;
        while (position < file.Length)
        {
            int zeros = file.AsSpan(position).IndexOfAnyExcept((byte)0);
            int start = zeros < 0 ? file.Length : position + zeros;
            int end = start;
            while (end < Math.Min(file.Length, start + MaxPiece)
                && (end + FewZeros > file.Length || file.AsSpan(end, FewZeros).ContainsAnyExcept((byte)0)))
            {
                end++;
            }

            byte[] piece = new byte[PieceHeaderBytes + end - start];
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(piece, start - position);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(piece.AsSpan(4), (ushort)(end - start));
            file.AsSpan(start, end - start).CopyTo(piece.AsSpan(PieceHeaderBytes));
            pieces.Add(piece);
            position = end;
        }

        return [.. pieces];
    }

    public void Read(long fileOffset, Span<byte> destination)
    {
        if (fileOffset < 0 || destination.Length > Length - fileOffset)
        {
            throw new FuzzFailureException(
                $"{destination.Length} bytes are read at {fileOffset} of a file of {Length} bytes");
        }

        _budget.Take(destination.Length);
        _bytes.AsSpan((int)fileOffset, destination.Length).CopyTo(destination);
    }

    public IImageBytes? OpenSibling(string name) => _openSibling(name);
}
