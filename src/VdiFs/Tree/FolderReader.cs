using VdiFs.Disks.Catalogs;
using VdiFs.Formats.Vhd.Directory;

namespace VdiFs.Tree;

/// <summary>Turns folders of the catalog into listings. Not thread-safe: the tree's lock is held.</summary>
/// <param name="ids">Makes the ids of new nodes.</param>
/// <param name="listsMachines">Whether directories list the appliances of machines.</param>
/// <param name="register">Lets a new node be found by its id.</param>
/// <param name="retire">Lets a node be found no more.</param>
internal sealed class FolderReader(
    NodeIds ids, bool listsMachines, Action<Node> register, Action<Node, TreeChanges> retire)
{
    /// <summary>What lies in a folder; nodes that lay there before stay the same.</summary>
    public DirectoryListing Read(FolderNode folder, TreeChanges changes)
    {
        DirectoryListing old = folder.Listing ?? DirectoryListing.Empty;
        Dictionary<SiblingKey, NamedNode> before = old.Entries.ToDictionary(entry => entry.Key);
        List<Sibling> siblings = SiblingsIn(folder.Folder.Content);
        RetireOtherMachine(folder, before, siblings, changes);
        string[] names = NodeNames.Assign([.. siblings.Select(sibling => (sibling.Key, sibling.Name))]);
        var entries = new NamedNode[siblings.Count];
        long next = old.NextPosition;
        for (int index = 0; index < entries.Length; index++)
        {
            Sibling sibling = siblings[index];
            bool wasThere = before.Remove(sibling.Key, out NamedNode known);
            Node node = wasThere ? Follow(known.Node, sibling.Content, changes) : Make(folder, sibling);
            entries[index] = new NamedNode(names[index], node, wasThere ? known.Position : next++, sibling.Key);
            if (!wasThere || known.Name != names[index])
            {
                changes.Names.Add((folder.Id, names[index]));
            }

            if (wasThere && known.Name != names[index])
            {
                changes.Names.Add((folder.Id, known.Name));
            }
        }

        foreach (NamedNode removed in before.Values)
        {
            changes.Names.Add((folder.Id, removed.Name));
            Remove(removed.Node, changes);
        }

        Array.Sort(entries, (left, right) => left.Position.CompareTo(right.Position));
        return new DirectoryListing(entries, next);
    }

    /// <summary>Lets a folder, and what was looked at below it, become what the catalog has now.</summary>
    public void Follow(FolderNode folder, CatalogFolder now, TreeChanges changes)
    {
        if (ReferenceEquals(folder.Folder, now))
        {
            return;
        }

        bool isOther = folder.Folder.Time != now.Time;
        folder.Follow(now);
        if (folder.Listing is not null)
        {
            int names = changes.Names.Count;
            DirectoryListing listing = Read(folder, changes);
            folder.Show(listing);
            isOther |= changes.Names.Skip(names).Any(change => change.Directory == folder.Id);
        }

        if (isOther)
        {
            changes.Directories.Add(folder.Id);
        }
    }

    private static List<Sibling> SiblingsIn(CatalogContent content)
    {
        List<Sibling> siblings =
        [
            .. content.Folders.Select(folder => new Sibling(SiblingKey.OfFolder(folder.Key), folder.Name, folder)),
            .. content.Disks.Select(disk => new Sibling(SiblingKey.OfDisk(disk.Entry), disk.Name, disk)),
            .. content.Documents.Select(
                document => new Sibling(SiblingKey.OfFile(document.Name), document.Name, document)),
        ];
        if (content is { Machine: { } machine, Disks.Count: > 0 })
        {
            MachineContent whole = new(machine, content.Disks);
            siblings.Add(new Sibling(SiblingKey.OfMachine(whole.Fingerprint), whole.FileName, whole));
        }

        // One disk may lie in a directory twice.
        var occurrences = new Dictionary<SiblingKey, int>(siblings.Count);
        for (int index = 0; index < siblings.Count; index++)
        {
            Sibling sibling = siblings[index];
            int occurrence = occurrences.GetValueOrDefault(sibling.Key);
            occurrences[sibling.Key] = occurrence + 1;
            siblings[index] = sibling with { Key = sibling.Key with { Occurrence = occurrence } };
        }

        return siblings;
    }

    // First, so that what comes in its place gets the same id.
    private void RetireOtherMachine(
        FolderNode folder, Dictionary<SiblingKey, NamedNode> before, List<Sibling> siblings, TreeChanges changes)
    {
        MachineContent? now = siblings.Select(sibling => sibling.Content).OfType<MachineContent>().FirstOrDefault();
        foreach ((SiblingKey key, NamedNode known) in before)
        {
            if (known.Node is MachineNode machine && now?.HasDisksOf(machine.Content) != true)
            {
                before.Remove(key);
                changes.Names.Add((folder.Id, known.Name));
                Remove(machine, changes);
            }
        }
    }

    private Node Make(FolderNode parent, Sibling sibling)
    {
        Node node = sibling.Content switch
        {
            CatalogFolder folder => MakeFolder($"{parent.KeyPath}/{NodeNames.Escape(folder.Key)}", folder),
            CatalogDisk disk => new DiskNode(
                ids.ForDisk(disk.Entry, parent.KeyPath, sibling.Key.Occurrence), disk.Entry),
            CatalogDocument document => new DocumentNode(ids.ForDocument(parent.KeyPath, document.Name), document),
            MachineContent machine => new MachineNode(
                ids.ForMachine(parent.KeyPath, machine.Fingerprint), machine, listsMachines),
            _ => throw new ArgumentException($"a {sibling.Content.GetType().Name} is no part of a catalog"),
        };
        register(node);
        node.PutInto(parent);
        return node;
    }

    private FolderNode MakeFolder(string keyPath, CatalogFolder folder) =>
        new(ids.ForFolder(keyPath), keyPath, folder);

    private Node Follow(Node node, object now, TreeChanges changes)
    {
        switch (node, now)
        {
            case (FolderNode folder, CatalogFolder content):
                Follow(folder, content, changes);
                break;
            case (DiskNode disk, CatalogDisk content):
                Follow(disk, content, changes);
                break;
            case (DocumentNode document, CatalogDocument content):
                // The kernel keeps nothing of it.
                document.Follow(content);
                break;
        }

        return node;
    }

    private void Follow(DiskNode directory, CatalogDisk now, TreeChanges changes)
    {
        if (ReferenceEquals(directory.Disk, now.Entry))
        {
            return;
        }

        directory.Follow(now.Entry);
        changes.Directories.Add(directory.Id);
        foreach (NamedNode file in directory.Listing?.Entries ?? [])
        {
            changes.Names.Add((directory.Id, file.Name));
        }

        directory.Show(listing: null);
        if (directory.Data is { } data)
        {
            directory.Show(data: null);
            changes.Names.Add((directory.Id, VhdDirectory.ParentName));
            retire(data, changes);
        }
    }

    private void Remove(Node node, TreeChanges changes)
    {
        retire(node, changes);
        if (node is FolderNode { Listing: { } listing })
        {
            foreach (NamedNode child in listing.Entries)
            {
                Remove(child.Node, changes);
            }
        }
    }

    /// <summary>Something of the catalog that becomes a node.</summary>
    private readonly record struct Sibling(SiblingKey Key, string Name, object Content);
}
