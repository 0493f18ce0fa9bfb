namespace VdiFs.Tree;

/// <summary>The mount's status.json.</summary>
internal sealed class StatusNode(ulong id, DateTimeOffset mountTime) : Node(id)
{
    public const string FileName = "status.json";

    public override DateTimeOffset ModifiedTime => mountTime;
}
