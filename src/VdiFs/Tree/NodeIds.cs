using System.IO.Hashing;
using System.Text;

namespace VdiFs.Tree;

/// <summary>Derives node ids from what nodes stand for, so that they are the same at every mount.</summary>
internal sealed class NodeIds
{
    /// <summary>The kernel's id of the root.</summary>
    public const ulong Root = 1;

    // Some tools keep inode numbers in signed 64-bit fields.
    private const ulong Mask = long.MaxValue;

    private readonly HashSet<ulong> _taken = [0, Root];

    /// <summary>The id of a part of a disk (its directory, a format, its info).</summary>
    public ulong For(Guid disk, string part) => Claim($"{disk:N}/{part}");

    /// <summary>The id of a part of the mount itself.</summary>
    public ulong For(string part) => Claim($"/{part}");

    // Two of a million nodes meet with a chance of 1 in 10^7; the second then moves on, in the order of the source.
    private ulong Claim(string text)
    {
        ulong id = XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(text)) & Mask;
        while (!_taken.Add(id))
        {
            id = (id + 1) & Mask;
        }

        return id;
    }
}
