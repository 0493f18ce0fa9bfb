namespace VdiFs.Tree;

/// <summary>The directory of the mount's own files.</summary>
internal sealed class OwnNode(ulong id, DateTimeOffset mountTime) : DirectoryNode(id)
{
    public override DateTimeOffset ModifiedTime => mountTime;
}
