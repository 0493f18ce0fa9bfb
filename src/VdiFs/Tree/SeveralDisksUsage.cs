using VdiFs.Disks;
using VdiFs.Disks.Catalogs;

namespace VdiFs.Tree;

/// <summary>Tells every disk of a file that it is in use, and the first of them, on behalf of all, what is read.</summary>
internal sealed class SeveralDisksUsage(IReadOnlyList<CatalogDisk> disks) : IDiskUsage
{
    public void Opened(string fileName)
    {
        foreach (CatalogDisk disk in disks)
        {
            disk.Entry.Usage?.Opened(fileName);
        }
    }

    public void Released(string fileName)
    {
        foreach (CatalogDisk disk in disks)
        {
            disk.Entry.Usage?.Released(fileName);
        }
    }

    public void Reading(string fileName, long fileLength, long fileOffset, int length) =>
        disks[0].Entry.Usage?.Reading(fileName, fileLength, fileOffset, length);
}
