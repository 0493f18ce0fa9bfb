using VdiFs.Disks;

namespace VdiFs.Tree;

/// <summary>What a node is among its siblings, whatever it is called at the moment.</summary>
/// <param name="Kind">Its kind; siblings of different kinds never meet.</param>
/// <param name="Text">A folder's key, or the name of a document or of a disk's file.</param>
/// <param name="Disk">A disk's uuid.</param>
/// <param name="Occurrence">Tells apart what lies in one directory several times, as one disk may.</param>
internal readonly record struct SiblingKey(SiblingKind Kind, string Text, Guid Disk, int Occurrence)
{
    public static SiblingKey OfFolder(string key) => new(SiblingKind.Folder, key, Guid.Empty, Occurrence: 0);

    public static SiblingKey OfDisk(DiskEntry disk) =>
        new(SiblingKind.Disk, "", disk.Identity.Uuid, Occurrence: 0);

    public static SiblingKey OfMachine(string fingerprint) =>
        new(SiblingKind.Machine, fingerprint, Guid.Empty, Occurrence: 0);

    public static SiblingKey OfFile(string name) => new(SiblingKind.File, name, Guid.Empty, Occurrence: 0);
}
