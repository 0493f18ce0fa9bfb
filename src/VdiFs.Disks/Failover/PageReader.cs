using VdiFs.Nbd;

namespace VdiFs.Disks.Failover;

/// <summary>
/// Reads the pages by which a disk is recognised over a new connection. A page that the server has an error for is
/// null. So is one at which it hangs up again and again, having delivered another before: once a connection was lost
/// this way they are read one by one, so that it is known which page does it. Thread-safe.
/// </summary>
internal sealed class PageReader
{
    /// <summary>Connections lost at a page until it counts as one that cannot be read.</summary>
    private const int HangUpAttempts = 3;

    private readonly Lock _gate = new();

    // Guarded by _gate: how often a server hung up at a page, and how often it had delivered another over the same
    // connection. Few: only pages that were witnesses come in.
    private readonly Dictionary<long, (int Seen, int Proven)> _hangUps = [];
    private volatile bool _isCareful;

    /// <summary>The pages' bytes in their order.</summary>
    /// <exception cref="NbdException">Other than a server's error.</exception>
    public async Task<byte[]?[]> ReadAsync(
        NbdProbe probe, IReadOnlyList<DiskPage> places, CancellationToken cancellationToken)
    {
        try
        {
            return _isCareful
                ? await ReadOneByOneAsync(probe, places, cancellationToken).ConfigureAwait(false)
                : await Task.WhenAll(places.Select(place => TryReadAsync(probe, place, cancellationToken)))
                    .ConfigureAwait(false);
        }
        catch (NbdException exception) when (exception.IsHangUp)
        {
            _isCareful = true;
            throw;
        }
    }

    private async Task<byte[]?[]> ReadOneByOneAsync(
        NbdProbe probe, IReadOnlyList<DiskPage> places, CancellationToken cancellationToken)
    {
        byte[]?[] pages = new byte[]?[places.Count];
        bool hasDelivered = false;

        // Those at which it hung up come last, when it has shown that it delivers others.
        foreach (int i in Enumerable.Range(0, places.Count).OrderBy(i => HangUpsAt(places[i]).Seen))
        {
            if (hasDelivered && HangUpsAt(places[i]).Proven >= HangUpAttempts)
            {
                continue;
            }

            try
            {
                pages[i] = await TryReadAsync(probe, places[i], cancellationToken).ConfigureAwait(false);
                hasDelivered |= pages[i] is not null;
            }
            catch (NbdException exception) when (exception.IsHangUp)
            {
                Note(places[i], hasDelivered);
                throw;
            }
        }

        return pages;
    }

    private static async Task<byte[]?> TryReadAsync(
        NbdProbe probe, DiskPage place, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[place.Length];
        try
        {
            await probe.ReadAsync(place.DiskOffset, [bytes], cancellationToken).ConfigureAwait(false);
            return bytes;
        }
        catch (NbdException exception) when (exception.Kind == NbdErrorKind.ServerError)
        {
            return null;
        }
    }

    private (int Seen, int Proven) HangUpsAt(DiskPage place)
    {
        lock (_gate)
        {
            return _hangUps.GetValueOrDefault(place.DiskOffset);
        }
    }

    private void Note(DiskPage place, bool isProof)
    {
        lock (_gate)
        {
            (int seen, int proven) = _hangUps.GetValueOrDefault(place.DiskOffset);
            _hangUps[place.DiskOffset] = (seen + 1, proven + (isProof ? 1 : 0));
        }
    }
}
