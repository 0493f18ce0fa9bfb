namespace VdiFs.Simulation.Runs;

/// <summary>What a simulation can find.</summary>
internal enum FindingKind
{
    /// <summary>Bytes that are not the disk's, or not as many as were asked for.</summary>
    WrongBytes,

    /// <summary>A read, an opening or a closing that does not end in its time.</summary>
    Hang,

    /// <summary>Something that is still there at the end: blocks, streams, timers, requests.</summary>
    Leak,

    /// <summary>An error that no fault of the scenario justifies.</summary>
    NeedlessError,

    /// <summary>An exception that is no disk's error.</summary>
    StrangeException,

    /// <summary>A request or a connection that the protocol or the options do not allow.</summary>
    Misbehaviour,
}
