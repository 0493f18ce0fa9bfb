using VdiFs.Disks.Cache;
using VdiFs.Fuse;

namespace VdiFs.Mounting;

/// <summary>Lends pieces of cache blocks on to the reply of a read.</summary>
internal readonly struct ReplyBorrower(FuseReadReply reply) : IBlockBorrower
{
    public void Borrow(nint address, int length, CacheBlock lease) => reply.Append(address, length, lease);
}
