using VdiFs.Nbd;

namespace VdiFs.Disks.Slots;

/// <summary>
/// The transport of one client: its first stream uses the slot that was waited for, before any time limit of connecting
/// ran; further ones take a free slot or none.
/// </summary>
/// <param name="account">Where further slots come from.</param>
/// <param name="first">The slot of the first stream; owned.</param>
/// <param name="connect">The transport below.</param>
internal sealed class SlotTransport(
    SlotAccount account, SlotLease first, Func<NbdUri, CancellationToken, Task<Stream>> connect) : IDisposable
{
    private SlotLease? _first = first;

    /// <summary>Makes a stream that gives its slot back when it is disposed.</summary>
    /// <exception cref="NbdException">NoConnectionToSpare; else as the transport below.</exception>
    public async Task<Stream> ConnectAsync(NbdUri uri, CancellationToken cancellationToken)
    {
        SlotLease lease = Interlocked.Exchange(ref _first, null) ?? account.TryTake() ?? throw new NbdException(
            NbdErrorKind.NoConnectionToSpare, "all connections that this mount may have to the host are in use");
        try
        {
            return new SlotStream(await connect(uri, cancellationToken).ConfigureAwait(false), lease);
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>Gives the first slot back if no stream was made.</summary>
    public void Dispose() => Interlocked.Exchange(ref _first, null)?.Dispose();
}
