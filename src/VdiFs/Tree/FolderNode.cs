using VdiFs.Disks.Catalogs;

namespace VdiFs.Tree;

/// <summary>A directory of the catalog.</summary>
/// <param name="id">Its node id.</param>
/// <param name="keyPath">The escaped keys from the root down to it; empty for the root.</param>
/// <param name="folder">What it shows.</param>
internal sealed class FolderNode(ulong id, string keyPath, CatalogFolder folder) : DirectoryNode(id)
{
    private volatile CatalogFolder _folder = folder;

    /// <summary>The escaped keys from the root down to it; empty for the root.</summary>
    public string KeyPath => keyPath;

    /// <summary>What it shows now.</summary>
    public CatalogFolder Folder => _folder;

    public override DateTimeOffset ModifiedTime => _folder.Time + InformationNode.Newer;

    internal void Follow(CatalogFolder folder) => _folder = folder;
}
