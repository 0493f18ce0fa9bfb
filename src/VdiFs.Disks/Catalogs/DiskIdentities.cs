using System.Security.Cryptography;
using System.Text;
using VdiFs.Formats;

namespace VdiFs.Disks.Catalogs;

/// <summary>Gives a disk without a uuid of its own one that is the same at every mount.</summary>
internal static class DiskIdentities
{
    /// <summary>The identity of what is read from <paramref name="origin"/>.</summary>
    /// <param name="origin">A canonical URI or a full path.</param>
    /// <param name="snapshotTime">The time the disk bears.</param>
    public static DiskIdentity For(string origin, DateTimeOffset snapshotTime)
    {
        const int UuidBytes = 16;
        byte[] uuid = SHA256.HashData(Encoding.UTF8.GetBytes(origin))[..UuidBytes];
        // RFC 9562: version 8 (made of a hash of our choice), variant 10.
        uuid[6] = (byte)((uuid[6] & 0x0F) | 0x80);
        uuid[8] = (byte)((uuid[8] & 0x3F) | 0x80);
        return new DiskIdentity(new Guid(uuid, bigEndian: true), snapshotTime);
    }
}
