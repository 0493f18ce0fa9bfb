using System.Security.Cryptography;

namespace VdiFs.Disks.Failover;

/// <summary>A page of a disk that was read, and what it looked like.</summary>
/// <param name="DiskOffset">Where it is.</param>
/// <param name="Length">Its bytes, <see cref="PageBytes"/> but at the end of a disk.</param>
/// <param name="Digest">SHA-256 of its bytes.</param>
internal sealed record Witness(long DiskOffset, int Length, byte[] Digest)
{
    /// <summary>Small enough to read some of them at each connect, and what most file systems write at once.</summary>
    public const int PageBytes = 4096;

    public static Witness Of(long diskOffset, ReadOnlySpan<byte> bytes) =>
        new(diskOffset, bytes.Length, SHA256.HashData(bytes));

    /// <summary>Whether these bytes, from the same place, are the same.</summary>
    public bool Confirms(ReadOnlySpan<byte> bytes) => SHA256.HashData(bytes).AsSpan().SequenceEqual(Digest);
}
