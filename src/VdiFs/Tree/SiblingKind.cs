namespace VdiFs.Tree;

/// <summary>The kinds of nodes, in the order in which they choose their names.</summary>
internal enum SiblingKind
{
    /// <summary>A file under a name of its own, such as vm.json.</summary>
    File,

    /// <summary>The appliance of a machine.</summary>
    Machine,

    /// <summary>A directory of the catalog.</summary>
    Folder,

    /// <summary>A disk's directory.</summary>
    Disk,
}
