using System.Runtime.InteropServices;
using VdiFs.Disks.Cache;

namespace VdiFs.Tests.Disks;

/// <summary>Copies what it is lent and gives it back at once.</summary>
internal sealed class CopyingBorrower : IBlockBorrower
{
    private readonly List<byte> _bytes = [];

    public byte[] Bytes => [.. _bytes];

    public void Borrow(nint address, int length, CacheBlock lease)
    {
        byte[] piece = new byte[length];
        Marshal.Copy(address, piece, 0, length);
        _bytes.AddRange(piece);
        lease.Dispose();
    }
}
