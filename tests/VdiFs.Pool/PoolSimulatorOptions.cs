namespace VdiFs.Pool;

/// <summary>Which pool is simulated, and where.</summary>
public sealed record PoolSimulatorOptions
{
    /// <summary>A loopback address for each host, the coordinator's first.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = ["127.0.1.1", "127.0.1.2", "127.0.1.3"];

    /// <summary>The port of every host's XAPI. It must be the same on all: a redirect names only an address.</summary>
    public int HttpsPort { get; init; } = 443;

    /// <summary>The port of every host's xapi-nbd.</summary>
    public int NbdPort { get; init; } = 10809;

    /// <summary>Passwords by user; nobody else may log in.</summary>
    public required IReadOnlyDictionary<string, string> Passwords { get; init; }

    /// <summary>Equal seeds give equal uuids and equal bytes.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>A folder of real disks for the demo pool, as <see cref="Content.DiskFolder"/> says; null for
    /// none.</summary>
    public string? DiskFolder { get; init; }

    /// <summary>The pool's clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Whether it is the pool of 5,000 VMs and 20,000 disks without bytes.</summary>
    public bool IsLarge { get; init; }
}
