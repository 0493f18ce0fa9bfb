using System.Runtime.InteropServices;
using VdiFs.Disks.Cache;

namespace VdiFs.Tests.Disks;

/// <summary>Keeps what it is lent until it is disposed, and says whether it is still what the disk holds.</summary>
internal sealed class CheckingBorrower(ErraticDisk disk, long diskOffset) : IBlockBorrower, IDisposable
{
    private readonly List<(nint Address, int Length, CacheBlock Lease)> _pieces = [];

    public int Length => _pieces.Sum(piece => piece.Length);

    public void Borrow(nint address, int length, CacheBlock lease) => _pieces.Add((address, length, lease));

    public bool IsRight()
    {
        long position = diskOffset;
        foreach ((nint address, int length, _) in _pieces)
        {
            byte[] bytes = new byte[length];
            Marshal.Copy(address, bytes, 0, length);
            if (!disk.IsRight(position, bytes))
            {
                return false;
            }

            position += length;
        }

        return true;
    }

    public void Dispose()
    {
        foreach ((_, _, CacheBlock lease) in _pieces)
        {
            lease.Dispose();
        }
    }
}
