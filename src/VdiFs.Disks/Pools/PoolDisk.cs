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
    private const long NeverOpened = -1;

    private readonly string _uuid;
    private readonly long _length;
    private readonly bool _isSnapshot;
    private volatile DiskException? _revocation;

    // The pool's continuity when it was first opened; NeverOpened before.
    private long _openedIn = NeverOpened;

    /// <param name="vdi">The VDI as it is now.</param>
    /// <param name="isWritten">Whether somebody has it open for writing.</param>
    /// <param name="changes">Which of its contents under this mount it is: 0, and with each change a number that
    /// no disk had before.</param>
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

    /// <summary>0 for the content that the mount began with; another number for each later one.</summary>
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

    /// <summary>
    /// Whether its content may become another without a trace when the pool is not followed. A snapshot's stays, and
    /// one that is written to is read from a snapshot, or as it comes.
    /// </summary>
    private bool NeedsContinuity => !_isSnapshot && !IsWritten;

    /// <summary>Notes that bytes of it may be known from now on.</summary>
    public void Begin(PoolDatabase database) =>
        Interlocked.CompareExchange(ref _openedIn, database.Continuity, NeverOpened);

    /// <summary>Revokes it when the pool as it is tells that its content may be another.</summary>
    public void Check(PoolDatabase database)
    {
        if (!database.Vdis.TryGetValue(Vdi, out VdiRecord? vdi))
        {
            Revoke(new DiskException(DiskErrorKind.NotFound, $"{Name} was destroyed in the pool"));
        }
        else if (!IsWritten && VdiWriter.Of(vdi, database) is { } writer)
        {
            Revoke(new DiskException(
                DiskErrorKind.Changed,
                $"{Name} is being written to now, by {writer.Who}: what was read of it before does not fit"));
        }
        else if (NeedsContinuity
            && Interlocked.Read(ref _openedIn) is var openedIn
            && openedIn != NeverOpened
            && openedIn != database.Continuity)
        {
            Revoke(new DiskException(
                DiskErrorKind.Changed,
                $"{Name} may not be what it was: the pool was not followed for a while, "
                + "so a VM may have written to it"));
        }
    }

    /// <exception cref="DiskException">Its content is, or may be, another; or nobody can tell just now.</exception>
    public void ThrowUnlessSame(IPool pool)
    {
        // Trouble first: when it ends, the database is already the one that tells of it.
        string? trouble = pool.Trouble;
        Check(pool.Database);
        ThrowIfRevoked();
        if (NeedsContinuity && trouble is not null)
        {
            throw new DiskException(
                DiskErrorKind.Unreachable,
                $"{Name} is not read while nobody can tell whether a VM writes to it: "
                + $"the pool is not followed ({trouble})");
        }
    }

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
