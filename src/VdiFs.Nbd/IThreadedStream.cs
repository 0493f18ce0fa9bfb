namespace VdiFs.Nbd;

/// <summary>
/// A transport's stream that may have a receive thread of its own. A stream around one passes its thread on, or every
/// receive goes to that thread and back.
/// </summary>
public interface IThreadedStream
{
    /// <summary>Owned by the stream; null when its reads wait for no thread.</summary>
    ReceiveThread? Thread { get; }
}
