using VdiFs.Disks.Slots;

namespace VdiFs.Tests.Disks.Slots;

/// <summary>A disk's connections to a host, as a test wants them to be.</summary>
internal sealed class SlotUser : ISlotUser
{
    private readonly Stack<SlotLease> _held = new();

    public TimeSpan IdleFor { get; set; }

    public TimeSpan? ConnectedFor { get; set; } = TimeSpan.Zero;

    public bool HasDelivered { get; set; } = true;

    public bool IsSpare { get; set; }

    public int Held => _held.Count;

    public void Add(SlotLease lease) => _held.Push(lease);

    public bool TryGiveUpConnection()
    {
        bool hasSeveral = _held.Count > 1;
        if (hasSeveral)
        {
            _held.Pop().Dispose();
        }

        return hasSeveral;
    }

    public bool TryStandDown()
    {
        bool isConnected = ConnectedFor is not null && _held.Count > 0;
        while (isConnected && _held.TryPop(out SlotLease? lease))
        {
            lease.Dispose();
        }

        return isConnected;
    }
}
