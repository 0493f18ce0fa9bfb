using VdiFs.Disks;
using VdiFs.Tree;

namespace VdiFs.Mounting;

/// <summary>
/// Which files are open, as their disks' users are told. A RELEASE names a node alone, which may be gone by then or be
/// another's: what the oldest open was told of is told of its end. Thread-safe; as bounded as the kernel's open files.
/// </summary>
internal sealed class OpenHandles
{
    // Guarded by _gate.
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, Queue<(IDiskUsage? Usage, string FileName)>> _open = [];

    /// <summary>A file was opened; null for one that is gone.</summary>
    public void Opened(ulong nodeId, Node? node)
    {
        IDiskUsage? usage = node?.Usage;
        string fileName = node?.UsedAs ?? "";
        lock (_gate)
        {
            if (!_open.TryGetValue(nodeId, out Queue<(IDiskUsage?, string)>? handles))
            {
                _open.Add(nodeId, handles = new Queue<(IDiskUsage?, string)>());
            }

            handles.Enqueue((usage, fileName));
        }

        usage?.Opened(fileName);
    }

    public void Released(ulong nodeId)
    {
        IDiskUsage? usage;
        string fileName;
        lock (_gate)
        {
            if (!_open.TryGetValue(nodeId, out Queue<(IDiskUsage?, string)>? handles))
            {
                return;
            }

            (usage, fileName) = handles.Dequeue();
            if (handles.Count == 0)
            {
                _open.Remove(nodeId);
            }
        }

        usage?.Released(fileName);
    }
}
