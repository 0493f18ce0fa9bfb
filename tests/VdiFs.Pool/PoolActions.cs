using VdiFs.Pool.State;
using VdiFs.Pool.Tls;

namespace VdiFs.Pool;

/// <summary>What happens to a pool as a whole; tests and the control path call it.</summary>
public sealed class PoolActions(PoolState state)
{
    /// <summary>The collector of tasks and sessions.</summary>
    public GarbageCollector Collector { get; } = new(state);

    /// <summary>The toolstack restarts: every session ends and generations are counted anew.</summary>
    public void RestartToolstack()
    {
        state.Sessions.CloseAll();
        state.RestartGeneration();
    }

    /// <summary>Every session ends.</summary>
    public void LoseSessions() => state.Sessions.CloseAll();

    /// <summary>Another host leads; whoever is logged in must do so again, there.</summary>
    public void ChangeCoordinator(HostObject host)
    {
        state.Mutate(() => state.Pool.Master = host);
        RestartToolstack();
    }

    /// <summary>A host dies. The coordinator notices, but its PBDs stay attached.</summary>
    public void Kill(HostObject host)
    {
        host.Faults.Dead = true;
        state.Mutate(() => host.Metrics.Live = false);
    }

    /// <summary>A host comes back: what its dom0 had attached is gone.</summary>
    public void Revive(HostObject host)
    {
        state.Mutate(() =>
        {
            foreach (VbdObject vbd in state.All<VbdObject>().Where(vbd => vbd.Dom0Host == host))
            {
                state.DetachFromDom0(vbd);
            }

            host.Metrics.Live = true;
        });
        host.Faults.Dead = false;
    }

    /// <summary>A new certificate for a host; its xapi-nbd goes on with the old one.</summary>
    public void ReplaceCertificate(HostObject host) => HostCertificates.Replace(state, host);

    /// <summary>Restarts a host's xapi-nbd as far as its certificate goes.</summary>
    public static void ReloadNbdCertificate(HostObject host) => host.NbdCertificate = host.ServerCertificate;
}
