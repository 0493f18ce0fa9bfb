using System.Runtime.InteropServices;
using VdiFs.Disks.Cache;

namespace VdiFs.Mounting;

/// <summary>Copies pieces of cache blocks, one after the other, and gives them back at once.</summary>
internal struct CopyingBorrower(byte[] destination, int start) : IBlockBorrower
{
    private int _next = start;

    public void Borrow(nint address, int length, CacheBlock lease)
    {
        using (lease)
        {
            Marshal.Copy(address, destination, _next, length);
        }

        _next += length;
    }
}
