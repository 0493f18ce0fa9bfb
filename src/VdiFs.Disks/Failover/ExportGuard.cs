using Microsoft.Extensions.Logging;
using VdiFs.Nbd;

namespace VdiFs.Disks.Failover;

/// <summary>
/// Lets only connections to the disk that was opened first carry reads: size, flags, name and content must be what
/// they were. A retrying client that skips this mixes the bytes of two disks one day, and nobody notices. Thread-safe.
/// </summary>
/// <param name="fingerprint">What the content looked like so far.</param>
/// <param name="disk">What to call the disk in the log.</param>
/// <param name="known">What is known of the disk beforehand; null for nothing.</param>
/// <param name="logger">Told once of a disk that is larger than that.</param>
internal sealed class ExportGuard(
    ContentFingerprint fingerprint, string disk, DiskExpectation? known, ILogger logger)
{
    private readonly PageReader _pages = new();
    private readonly Lock _gate = new();

    // Written once, with _gate held.
    private volatile NbdExport? _expected;

    /// <summary>The export as it must be; null before the first connection.</summary>
    public NbdExport? Expected => _expected;

    private bool MayChange => known is { MayChange: true };

    /// <summary>Looks at a new connection.</summary>
    /// <exception cref="NbdException">ExportChanged: it is another disk; other kinds: it could not be told.</exception>
    public async Task VerifyAsync(NbdProbe probe, CancellationToken cancellationToken)
    {
        if (known is { } expectation && probe.Export.Length < expectation.Length)
        {
            throw Changed(
                $"it has {probe.Export.Length} bytes at the server, and must have at least {expectation.Length}");
        }

        if (_expected is null
            && IsFirst(probe.Export, await TakeFixedAsync(probe, cancellationToken).ConfigureAwait(false)))
        {
            return;
        }

        if (!MayChange && Difference(_expected!, probe.Export) is { } difference)
        {
            throw Changed(difference);
        }

        await CompareAsync(probe, cancellationToken).ConfigureAwait(false);
    }

    private async Task<List<Witness>> TakeFixedAsync(NbdProbe probe, CancellationToken cancellationToken)
    {
        if (MayChange)
        {
            return [];
        }

        long length = known?.Length ?? probe.Export.Length;
        DiskPage[] places =
        [
            .. ContentFingerprint.FixedPlaces(length).Select(diskOffset =>
                new DiskPage(diskOffset, (int)Math.Min(Witness.PageBytes, length - diskOffset))),
        ];
        byte[]?[] pages = await _pages.ReadAsync(probe, places, cancellationToken).ConfigureAwait(false);
        return [.. pages.Select((page, i) => page is null ? null : Witness.Of(places[i].DiskOffset, page))
            .OfType<Witness>()];
    }

    /// <summary>
    /// Whether it is the first connection of all to show its pages; what it shows is what the others are held to. None
    /// waits for another to show them: a server may be silent.
    /// </summary>
    private bool IsFirst(NbdExport export, List<Witness> pages)
    {
        lock (_gate)
        {
            if (_expected is not null)
            {
                return false;
            }

            fingerprint.SetFixed(pages);
            _expected = export;
        }

        if (known is { } expectation && export.Length > expectation.Length)
        {
            DisksLog.DiskIsLarger(logger, disk, export.Length, expectation.Length);
        }

        return true;
    }

    private async Task CompareAsync(NbdProbe probe, CancellationToken cancellationToken)
    {
        if (MayChange)
        {
            return;
        }

        IReadOnlyList<Witness> witnesses = fingerprint.Witnesses;
        DiskPage[] places = [.. witnesses.Select(witness => new DiskPage(witness.DiskOffset, witness.Length))];
        byte[]?[] pages = await _pages.ReadAsync(probe, places, cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < pages.Length; i++)
        {
            if (pages[i] is { } page && !witnesses[i].Confirms(page))
            {
                throw Changed(
                    $"the {witnesses[i].Length} bytes at {witnesses[i].DiskOffset} are not those read before");
            }
        }

        // Pages that cannot be read tell nothing; if there is none that can, the disk is not known to be the same.
        if (pages.Length > 0 && pages.All(page => page is null))
        {
            throw new NbdException(
                NbdErrorKind.ServerError,
                "none of the pages that would show whether this is still the same disk can be read")
            {
                Errno = NbdErrno.InputOutput,
            };
        }
    }

    private static string? Difference(NbdExport expected, NbdExport found) => found switch
    {
        _ when found.Length != expected.Length => $"it had {expected.Length} bytes and has {found.Length} now",
        _ when found.TransmissionFlags != expected.TransmissionFlags =>
            $"its transmission flags were 0x{(int)expected.TransmissionFlags:x} "
                + $"and are 0x{(int)found.TransmissionFlags:x} now",
        _ when (found.CanonicalName ?? expected.CanonicalName) != (expected.CanonicalName ?? found.CanonicalName) =>
            $"the server called it '{expected.CanonicalName}' and calls it '{found.CanonicalName}' now",
        _ => null,
    };

    private static NbdException Changed(string difference) =>
        new(NbdErrorKind.ExportChanged, $"another disk answers under the same name: {difference}");
}
