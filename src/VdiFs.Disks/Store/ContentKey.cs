using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace VdiFs.Disks.Store;

/// <summary>Names content that never changes. Whoever makes one promises that two disks of the same key have the same
/// bytes, now and at any later time.</summary>
internal sealed record ContentKey
{
    private const int DiskNameBytes = 16;

    private ContentKey(string disk, string content)
    {
        Disk = disk;
        Content = content;
    }

    /// <summary>Which disk it is: 32 hexadecimal digits. All that is kept of a disk can be forgotten at once, whatever
    /// was known of its content.</summary>
    public string Disk { get; }

    /// <summary>Which content of that disk: SHA-256 of all that is known of it, in hexadecimal digits.</summary>
    public string Content { get; }

    /// <summary>Makes a key.</summary>
    /// <param name="disk">Names the disk at its source, for ever.</param>
    /// <param name="properties">What else must be the same: length, time, what it looks like.</param>
    public static ContentKey Of(string disk, params IEnumerable<string> properties)
    {
        // The length before each part: no two lists of parts give the same text.
        string text = string.Concat(properties.Prepend(disk).Select(part => string.Create(
            CultureInfo.InvariantCulture, $"{part.Length}:{part}")));
        return new ContentKey(DiskName(disk), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
    }

    /// <summary>What <see cref="Disk"/> is for a disk.</summary>
    public static string DiskName(string disk) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(disk)).AsSpan(0, DiskNameBytes));

    /// <summary><see cref="Content"/> as bytes.</summary>
    public byte[] Digest() => Convert.FromHexString(Content);
}
