using VdiFs.Nbd;

namespace VdiFs.Disks.Slots;

/// <summary>
/// A stream that gives its slot back when it is disposed. Reads and writes are those of the stream below.
/// </summary>
internal sealed class SlotStream(Stream below, SlotLease lease) : ConnectionStream, IThreadedStream
{
    public ReceiveThread? Thread => (below as IThreadedStream)?.Thread;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        below.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        below.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => below.FlushAsync(cancellationToken);

    public override void Flush() => below.Flush();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            try
            {
                below.Dispose();
            }
            finally
            {
                lease.Dispose();
            }
        }

        base.Dispose(disposing);
    }
}
