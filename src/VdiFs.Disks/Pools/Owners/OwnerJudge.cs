namespace VdiFs.Disks.Pools.Owners;

/// <summary>Tells whether the owner of something is known to be dead.</summary>
/// <param name="processes">The processes of this machine.</param>
internal sealed class OwnerJudge(IProcessTable processes)
{
    /// <summary>
    /// Whether the owner was a process of this machine that is no more. False when it lives, and when that cannot be
    /// told from here: another machine's, another container's.
    /// </summary>
    public bool IsDead(PoolOwner owner)
    {
        PoolOwner self = processes.Self;
        if (owner.Machine != self.Machine || self.Boot == PoolOwner.Unknown)
        {
            return false;
        }

        if (owner.Boot != self.Boot)
        {
            // Without an id of its own this machine cannot tell an earlier boot from another machine.
            return self.Machine != PoolOwner.Unknown;
        }

        return owner.PidNamespace == self.PidNamespace && processes.StartTicksOf(owner.Pid) != owner.StartTicks;
    }
}
