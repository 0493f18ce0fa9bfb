namespace VdiFs.Tree;

/// <summary>The mount's status.json.</summary>
internal sealed class StatusNode(ulong id, DateTimeOffset modifiedTime) : Node(id, FileName, modifiedTime)
{
    public const string FileName = "status.json";
}
