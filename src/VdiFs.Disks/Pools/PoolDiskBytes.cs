using VdiFs.Nbd;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools;

/// <summary>
/// The bytes of a pool's disk while it has the content it was opened with. A read that fails says what the pool says.
/// Owns the disk below.
/// </summary>
/// <param name="source">The disk over NBD.</param>
/// <param name="disk">Whether it may still be read.</param>
/// <param name="vdi">The VDI that is read: the disk's own, or a snapshot of it.</param>
/// <param name="pool">The pool.</param>
/// <param name="onClosed">What is to be done when the disk below is closed; null for nothing.</param>
internal sealed class PoolDiskBytes(
    IDisk source, PoolDisk disk, OpaqueRef vdi, IPool pool, Func<ValueTask>? onClosed) : IDisk
{
    public long Length => source.Length;

    public async ValueTask ReadAsync(
        long diskOffset, IReadOnlyList<Memory<byte>> destination, CancellationToken cancellationToken)
    {
        disk.ThrowUnlessSame(pool);
        disk.Usage.Touch();
        try
        {
            await source.ReadAsync(diskOffset, destination, cancellationToken).ConfigureAwait(false);
        }
        catch (DiskException exception)
        {
            disk.Check(pool.Database);
            disk.ThrowIfRevoked();
            throw Explained(exception);
        }

        // What came while the content became another may be of either.
        disk.ThrowUnlessSame(pool);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await source.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            if (onClosed is not null)
            {
                await onClosed().ConfigureAwait(false);
            }
        }
    }

    private DiskException Explained(DiskException exception)
    {
        string reasons = VdiCheck.Explain(vdi, pool);
        if (HasWrongCertificate(exception))
        {
            const string stale = "xapi-nbd goes on with the certificate it was started with: restart it on that host "
                + "(systemctl restart xapi-nbd), or trust what it shows (--trust-stale-certificates)";
            reasons = reasons.Length == 0 ? stale : $"{reasons}; {stale}";
        }

        return reasons.Length == 0
            ? exception
            : new DiskException(exception.Kind, $"{disk.Name}: {exception.Message}; {reasons}", exception);
    }

    private static bool HasWrongCertificate(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is NbdException { Kind: NbdErrorKind.CertificateRejected })
            {
                return true;
            }
        }

        return false;
    }
}
