namespace VdiFs.Disks.Pools.Owners;

/// <summary>Which processes live here.</summary>
internal interface IProcessTable
{
    /// <summary>This process.</summary>
    PoolOwner Self { get; }

    /// <summary>When a process of this machine, boot and namespace started, in ticks since the boot; null: it is no
    /// more.</summary>
    long? StartTicksOf(int pid);
}
