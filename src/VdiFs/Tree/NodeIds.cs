using System.IO.Hashing;
using System.Text;
using VdiFs.Disks;

namespace VdiFs.Tree;

/// <summary>Derives node ids from what nodes stand for, so that they are the same at every mount.</summary>
/// <param name="isTaken">Whether a node has the id already.</param>
internal sealed class NodeIds(Func<ulong, bool> isTaken)
{
    /// <summary>The kernel's id of the root.</summary>
    public const ulong Root = 1;

    // Some tools keep inode numbers in signed 64-bit fields.
    private const ulong Mask = long.MaxValue;

    /// <summary>The id of a file of a disk (a format, its info), the same at all its places.</summary>
    public ulong ForFile(DiskEntry disk, string part) =>
        Claim($"{disk.Identity.Uuid:N}/{part}" + (disk.Revision.Length == 0 ? "" : $"@{disk.Revision}"));

    /// <summary>The id of a disk's directory at one place.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="keyPath">The folder's <see cref="FolderNode.KeyPath"/>.</param>
    /// <param name="occurrence">Which of the disk's places there.</param>
    public ulong ForDisk(DiskEntry disk, string keyPath, int occurrence) =>
        Claim($"{disk.Identity.Uuid:N}/.{keyPath}" + (occurrence == 0 ? "" : $"#{occurrence}"));

    /// <summary>The id of a part of what a disk's directory shows at that place alone.</summary>
    public ulong ForPart(DiskNode place, string part) => ForFile(place.Disk, $"{part}#{place.Id:x}");

    /// <summary>The id of a directory of the catalog.</summary>
    public ulong ForFolder(string keyPath) => Claim($"folder{keyPath}");

    /// <summary>The id of a text file of the catalog.</summary>
    public ulong ForDocument(string keyPath, string name) => Claim($"document{keyPath}/{name}");

    /// <summary>The id of a machine's appliance, which is another file whenever anything in it is another.</summary>
    public ulong ForMachine(string keyPath, string content) => Claim($"machine{keyPath}/{content}");

    /// <summary>The id of a part of the mount itself.</summary>
    public ulong For(string part) => Claim($"/{part}");

    // Two of a million nodes meet with a chance of 1 in 10^7; the one that is looked at later then moves on.
    private ulong Claim(string text)
    {
        ulong id = XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(text)) & Mask;
        while (id <= Root || isTaken(id))
        {
            id = (id + 1) & Mask;
        }

        return id;
    }
}
