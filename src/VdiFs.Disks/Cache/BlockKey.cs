using System.Runtime.InteropServices;

namespace VdiFs.Disks.Cache;

/// <summary>Names one cache block: a disk of this process and the block's number on it.</summary>
/// <remarks>The cache's index is keyed by text; a key is spelled as the raw bits of its two numbers, so that a look-up
/// needs neither boxing nor formatting.</remarks>
internal readonly record struct BlockKey(int DiskNumber, long BlockNumber)
{
    /// <summary>The length of the spelled key.</summary>
    public const int Chars = (sizeof(int) + sizeof(long)) / sizeof(char);

    /// <summary>Spells the key into a span of <see cref="Chars"/> characters.</summary>
    public void Write(Span<char> destination)
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(destination);
        MemoryMarshal.Write(bytes, DiskNumber);
        MemoryMarshal.Write(bytes[sizeof(int)..], BlockNumber);
    }

    /// <summary>The spelled key as a string, for insertion.</summary>
    public override string ToString() => string.Create(Chars, this, static (text, key) => key.Write(text));
}
