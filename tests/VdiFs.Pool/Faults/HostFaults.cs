namespace VdiFs.Pool.Faults;

/// <summary>What goes wrong on one host. Each may be set at any time; nothing is wrong at first.</summary>
public sealed class HostFaults
{
    /// <summary>The host is dead: every connection to it is reset. Its PBDs stay attached, as in reality.</summary>
    public bool Dead { get; set; }

    /// <summary>How long plugging a disk into dom0 takes.</summary>
    public TimeSpan PlugDelay { get; set; }

    /// <summary>Plugging a disk into dom0 fails with SR_BACKEND_FAILURE_46.</summary>
    public bool PlugFails { get; set; }

    /// <summary>xapi-nbd accepts and says nothing: its XAPI does not answer.</summary>
    public bool NbdSilent { get; set; }

    /// <summary>Where xapi-nbd hangs up in the handshake.</summary>
    public NbdHandshakeStep? NbdEofAt { get; set; }

    /// <summary>Connections of xapi-nbd at once; the one beyond is closed without a byte.</summary>
    public int NbdConnectionLimit { get; set; } = 16;

    /// <summary>Payload bytes after which a connection is cut, also within a payload.</summary>
    public long? NbdCutAfterBytes { get; set; }

    /// <summary>The connection is cut between an OK reply header and its payload.</summary>
    public bool NbdCutAfterHeader { get; set; }

    /// <summary>xapi-nbd's ends are resets instead, as of a host that lost power.</summary>
    public bool NbdResets { get; set; }

    /// <summary>xapi-nbd fails to unplug after a client left: the VBD stays until somebody destroys it.</summary>
    public bool NbdLeaksVbds { get; set; }

    /// <summary>Time that every read takes before its answer.</summary>
    public TimeSpan NbdLatency { get; set; }

    /// <summary>Bytes in a second of one connection; 0 for no limit.</summary>
    public long NbdBytesPerSecond { get; set; }
}
