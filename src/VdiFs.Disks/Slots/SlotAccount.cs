namespace VdiFs.Disks.Slots;

/// <summary>One disk's part of a host's budget.</summary>
internal sealed class SlotAccount(HostLine line, ISlotUser user)
{
    /// <summary>The disk's connections to the host.</summary>
    public ISlotUser User => user;

    /// <summary>Slots it has; belongs to the line and its lock.</summary>
    public int Held { get; set; }

    /// <summary>How many of them it was asked to give back and has not yet; belongs to the line and its lock.</summary>
    public int Leaving { get; set; }

    /// <summary>Waits for a slot, first come, first served.</summary>
    public Task<SlotLease> TakeAsync(CancellationToken cancellationToken) => line.TakeAsync(this, cancellationToken);

    /// <summary>A slot if one is free and nobody waits; else null.</summary>
    public SlotLease? TryTake() => line.TryTake(this);

    /// <summary>A lease has ended.</summary>
    public void Return() => line.Return(this);
}
