namespace VdiFs.Pool.Nbd;

/// <summary>What goes wrong in one host's xapi-nbd. Every switch may be turned while it serves.</summary>
public sealed class NbdFaults
{
    private readonly Lock _lock = new();
    private NbdStage? _cutAt;
    private int _cutsLeft;

    /// <summary>Sockets open and nothing is said: XAPI does not answer the daemon, or the coordinator not XAPI.</summary>
    public bool SilentGreeting { get; set; }

    /// <summary>How many connections other programs hold; they count against the limit.</summary>
    public int ForeignConnections { get; set; }

    /// <summary>How long a plug takes.</summary>
    public TimeSpan SlowPlug { get; set; }

    /// <summary>How long an unplug takes after the client left: others find the VDI in use meanwhile.</summary>
    public TimeSpan SlowUnplug { get; set; }

    /// <summary>The clean-up fails: the VBD stays.</summary>
    public bool LeakVbds { get; set; }

    /// <summary>Bytes sent on a connection after its handshake, headers included, before it is cut; null: no end.</summary>
    public long? CutAfterBytes { get; set; }

    /// <summary>Cuts are resets (a host that died) instead of ends.</summary>
    public bool CutByReset { get; set; }

    /// <summary>The wait before every request is served.</summary>
    public TimeSpan RequestLatency { get; set; }

    /// <summary>Bytes a second of one connection; null: as fast as it goes.</summary>
    public long? BytesPerSecond { get; set; }

    /// <summary>Cuts the next connections that come to a stage.</summary>
    public void CutAt(NbdStage? stage, int times = int.MaxValue)
    {
        lock (_lock)
        {
            (_cutAt, _cutsLeft) = (stage, times);
        }
    }

    /// <summary>Nothing goes wrong any more.</summary>
    public void Clear()
    {
        CutAt(null);
        (SilentGreeting, LeakVbds, CutByReset) = (false, false, false);
        (CutAfterBytes, BytesPerSecond, ForeignConnections) = (null, null, 0);
        SlowPlug = SlowUnplug = RequestLatency = TimeSpan.Zero;
    }

    internal bool TakeCut(NbdStage stage)
    {
        lock (_lock)
        {
            if (_cutAt != stage || _cutsLeft == 0)
            {
                return false;
            }

            _cutsLeft--;
            return true;
        }
    }
}
