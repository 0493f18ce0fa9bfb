namespace VdiFs.Disks.Failover;

/// <summary>One question on its way from server to server. For one caller at a time.</summary>
internal sealed class Question(string kind, long diskOffset, long length, TimeProvider time)
{
    /// <summary>What was tried.</summary>
    public AttemptHistory History { get; } = new(time);

    /// <summary>Servers that answered with an error of their own, or nonsense, since all had been asked.</summary>
    public HashSet<Endpoint> Refusers { get; } = [];

    /// <summary>A server's own errors so far.</summary>
    public int ServerErrors { get; set; }

    /// <summary>Broken rules so far.</summary>
    public int ProtocolErrors { get; set; }

    /// <summary>Connections lost under it of clients that lived on.</summary>
    public int ConnectionsLost { get; set; }

    /// <summary>How many bytes the answer brings; 0 for a question of another kind than a read.</summary>
    public long Bytes => CanBeAlone ? length : 0;

    /// <summary>Whether it is a kind that can be asked over a connection which carries nothing else.</summary>
    public bool CanBeAlone { get; init; }

    /// <summary>
    /// Whether it is asked over a connection that carries nothing else: a server has hung up under it, and it is to be
    /// found out whether it does so because of it.
    /// </summary>
    public bool IsAlone { get; set; }

    /// <summary>How often a server has hung up under it and nothing else.</summary>
    public int HangUps { get; set; }

    /// <summary>The servers that have done so.</summary>
    public HashSet<Endpoint> HungUpBy { get; } = [];

    public override string ToString() => $"{kind} of {length} bytes at {diskOffset}";
}
