using VdiFs.Tree;
using Xunit;

namespace VdiFs.Tests.Program;

/// <summary>Finds nodes as a path walk does.</summary>
internal static class TreePaths
{
    /// <summary>The node at a path below the root, which must be there.</summary>
    public static TNode At<TNode>(this MountTree tree, string path)
        where TNode : Node
    {
        Node? node = tree.Root;
        foreach (string name in path.Split('/'))
        {
            node = tree.Find(Assert.IsAssignableFrom<DirectoryNode>(node), name);
        }

        return Assert.IsAssignableFrom<TNode>(node);
    }
}
