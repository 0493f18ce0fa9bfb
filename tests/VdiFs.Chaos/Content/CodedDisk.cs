using Microsoft.Win32.SafeHandles;
using VdiFs.Chaos.Readers;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.Chaos.Content;

/// <summary>A raw image whose every page is known, and a judge of whatever claims to be a part of it.</summary>
internal sealed class CodedDisk
{
    private const int PieceSize = 4 << 20;
    private const int WordsKept = 5;
    private readonly DateTime _written;

    private CodedDisk(string path, ulong seed, long size)
    {
        Path = path;
        Seed = seed;
        Size = size;
        _written = File.GetLastWriteTimeUtc(path);
        Sha256 = FileHash.Of(path);
    }

    public string Path { get; }

    public ulong Seed { get; }

    public long Size { get; }

    public string Sha256 { get; }

    /// <summary>Whether nobody wrote to the image since it was made.</summary>
    public bool IsUntouched => File.GetLastWriteTimeUtc(Path) == _written && new FileInfo(Path).Length == Size;

    /// <summary>Makes the image; its size must be a multiple of 256 KiB.</summary>
    public static CodedDisk Make(Bench bench, string name, ulong seed, long size)
    {
        string path = bench.PathOf(name);
        using (FileStream file = File.Create(path))
        {
            file.SetLength(size);
            byte[] unit = new byte[PageCode.UnitSize];
            for (long offset = 0; offset < size; offset += unit.Length)
            {
                if (PageCode.IsData(seed, offset))
                {
                    Fill(seed, offset, unit);
                    RandomAccess.Write(file.SafeFileHandle, unit, offset);
                }
            }
        }

        return new CodedDisk(path, seed, size);
    }

    /// <summary>Compares bytes that were read with what belongs there.</summary>
    /// <param name="diskOffset">Where they were read.</param>
    /// <param name="bytes">The bytes.</param>
    /// <param name="words">Receives a description of the first wrong pages.</param>
    /// <returns>The number of pages that are wrong, wholly or in part.</returns>
    public int CountWrong(long diskOffset, ReadOnlySpan<byte> bytes, ICollection<string> words)
    {
        Span<byte> page = stackalloc byte[PageCode.PageSize];
        int wrong = 0;
        for (int start = 0; start < bytes.Length;)
        {
            (long number, long within) = Math.DivRem(diskOffset + start, PageCode.PageSize);
            int count = (int)Math.Min(PageCode.PageSize - within, bytes.Length - start);
            PageCode.Write(Seed, number, page);
            ReadOnlySpan<byte> found = bytes.Slice(start, count);
            if (!found.SequenceEqual(page.Slice((int)within, count)))
            {
                wrong++;
                Describe(number, found, words);
            }

            start += count;
        }

        return wrong;
    }

    /// <summary>Compares a raw copy, or the beginning of one, with the disk.</summary>
    public int CountWrong(string copy, ICollection<string> words)
    {
        using SafeFileHandle file = File.OpenHandle(copy);
        byte[] piece = new byte[PieceSize];
        int wrong = 0;
        long offset = 0;
        int count;
        while ((count = RandomAccess.Read(file, piece, offset)) > 0)
        {
            wrong += CountWrong(offset, piece.AsSpan(0, count), words);
            offset += count;
        }

        return wrong;
    }

    private void Describe(long pageNumber, ReadOnlySpan<byte> found, ICollection<string> words)
    {
        if (words.Count < WordsKept)
        {
            words.Add($"page {pageNumber} of disk {Seed:x} holds {PageCode.Name(found)}");
        }
    }

    private static void Fill(ulong seed, long diskOffset, Span<byte> bytes)
    {
        for (int start = 0; start < bytes.Length; start += PageCode.PageSize)
        {
            PageCode.Write(seed, (diskOffset + start) / PageCode.PageSize, bytes.Slice(start, PageCode.PageSize));
        }
    }
}
