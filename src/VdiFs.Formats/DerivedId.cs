using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace VdiFs.Formats;

/// <summary>
/// Ids that an image needs and the disk does not have: hashes of identity, format and role. They differ between
/// formats because VirtualBox registers media by uuid and refuses a second one with the same.
/// </summary>
internal static class DerivedId
{
    private const int GuidBytes = 16;
    private const int MaxLabelBytes = 64;

    /// <summary>A uuid of version 8 (RFC 9562, section 5.8: vendor's own hash).</summary>
    internal static Guid Uuid(DiskIdentity identity, string format, string role)
    {
        Span<byte> bytes = stackalloc byte[GuidBytes];
        Fill(identity, format, role, bytes);
        bytes[6] = (byte)(bytes[6] & 0x0F | 0x80);
        bytes[8] = (byte)(bytes[8] & 0x3F | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>Fills <paramref name="destination"/> (at most 32 bytes) with the first bytes of the hash.</summary>
    internal static void Fill(DiskIdentity identity, string format, string role, Span<byte> destination)
    {
        Span<byte> input = stackalloc byte[GuidBytes + sizeof(long) + MaxLabelBytes];
        identity.Uuid.TryWriteBytes(input, bigEndian: true, out int length);
        BinaryPrimitives.WriteInt64BigEndian(input[length..], identity.SnapshotTime.UtcTicks);
        length += sizeof(long);
        length += Encoding.ASCII.GetBytes(format, input[length..]);
        // A separator that no label contains, or ("a", "bc") and ("ab", "c") would share an id.
        input[length++] = 0;
        length += Encoding.ASCII.GetBytes(role, input[length..]);

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input[..length], hash);
        hash[..destination.Length].CopyTo(destination);
    }
}
