using VdiFs.Disks.Pools.Servers;

namespace VdiFs.Disks.Pools;

/// <summary>Makes a disk of the ways to it.</summary>
internal interface IPoolConnector
{
    /// <summary>
    /// The bytes of a disk, for as long as it is not disposed. Connects to nothing before the first read; allocation is
    /// not its business: the map it comes with is full.
    /// </summary>
    /// <param name="servers">The ways to the disk, as they are whenever they are asked for.</param>
    /// <param name="name">The disk, for people.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="isLive">Whether its content changes while it is read.</param>
    OpenedSource Connect(PoolServers servers, string name, long length, bool isLive);
}
