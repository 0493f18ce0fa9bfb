using VdiFs.Disks.Catalogs;

namespace VdiFs.Tree;

/// <summary>A text file of the catalog, such as vm.json.</summary>
internal sealed class DocumentNode(ulong id, CatalogDocument document) : Node(id)
{
    private volatile CatalogDocument _document = document;

    /// <summary>What it says now.</summary>
    public CatalogDocument Document => _document;

    public override DateTimeOffset ModifiedTime => _document.Time;

    internal void Follow(CatalogDocument document) => _document = document;
}
