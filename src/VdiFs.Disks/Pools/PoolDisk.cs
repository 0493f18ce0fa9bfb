using System.Globalization;
using VdiFs.Disks.Pools.Tasks;
using VdiFs.Disks.Pools.Tree;
using VdiFs.Formats;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools;

/// <summary>
/// One VDI with one content: as soon as that may have become another, there is another of these. Thread-safe.
/// </summary>
internal sealed class PoolDisk
{
    private readonly string _uuid;
    private readonly long _length;
    private readonly bool _isSnapshot;
    private volatile DiskException? _revocation;

    /// <param name="vdi">The VDI as it is now.</param>
    /// <param name="isWritten">Whether somebody has it open for writing.</param>
    /// <param name="changes">How often its content has changed under this mount; 0 for what never does.</param>
    /// <param name="identity">What its files are derived from.</param>
    /// <param name="source">The pool, for people.</param>
    /// <param name="usage">Told how its files are used.</param>
    /// <param name="open">Opens it.</param>
    public PoolDisk(
        VdiRecord vdi,
        bool isWritten,
        int changes,
        DiskIdentity identity,
        string source,
        PoolDiskUsage usage,
        Func<PoolDisk, CancellationToken, Task<OpenedSource>> open)
    {
        Vdi = vdi.Ref;
        IsWritten = isWritten;
        Changes = changes;
        Usage = usage;
        _uuid = vdi.Uuid;
        _length = vdi.VirtualSizeBytes;
        _isSnapshot = vdi.IsASnapshot;
        Entry = new DiskEntry(
            PoolNames.Of(vdi),
            $"{source}/{PoolPaths.StableOf(vdi)}",
            identity,
            vdi.VirtualSizeBytes,
            token => open(this, token))
        {
            Description = vdi.NameDescription.Length == 0 ? null : vdi.NameDescription,
            Revision = changes == 0 ? "" : changes.ToString(CultureInfo.InvariantCulture),
            MapCosts = true,
            Usage = usage,
        };
        usage.Entry = Entry;
    }

    /// <summary>The VDI.</summary>
    public OpaqueRef Vdi { get; }

    /// <summary>Whether somebody had it open for writing when this began.</summary>
    public bool IsWritten { get; }

    /// <summary>How often the VDI's content has changed under this mount before.</summary>
    public int Changes { get; }

    /// <summary>Who uses it.</summary>
    public PoolDiskUsage Usage { get; }

    /// <summary>What the tree shows.</summary>
    public DiskEntry Entry { get; }

    /// <summary>The disk, for people.</summary>
    public string Name => $"VDI {_uuid} ({Entry.Name})";

    /// <summary>Why nothing of it may be read any more; null while that is not so.</summary>
    public DiskException? Revocation => _revocation;

    /// <summary>Whether the VDI still has the content that this stands for.</summary>
    public bool IsSameContent(VdiRecord vdi, bool isWritten) =>
        vdi.VirtualSizeBytes == _length
        && vdi.IsASnapshot == _isSnapshot
        && vdi.Uuid == _uuid
        && isWritten == IsWritten;

    /// <summary>Lets nothing more be read.</summary>
    public void Revoke(DiskException reason) => _revocation ??= reason;

    /// <exception cref="DiskException">It was revoked.</exception>
    public void ThrowIfRevoked()
    {
        if (_revocation is { } reason)
        {
            throw new DiskException(reason.Kind, reason.Message, reason);
        }
    }
}
