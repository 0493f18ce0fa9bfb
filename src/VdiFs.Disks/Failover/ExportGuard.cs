using VdiFs.Nbd;

namespace VdiFs.Disks.Failover;

/// <summary>
/// Lets only connections to the disk that was opened first carry reads: size, flags, name and content must be what
/// they were. A retrying client that skips this mixes the bytes of two disks one day, and nobody notices. Thread-safe.
/// </summary>
internal sealed class ExportGuard(ContentFingerprint fingerprint)
{
    private readonly Lock _gate = new();

    // Written once, with _gate held.
    private volatile NbdExport? _expected;

    /// <summary>The export as it must be; null before the first connection.</summary>
    public NbdExport? Expected => _expected;

    /// <summary>Looks at a new connection.</summary>
    /// <exception cref="NbdException">ExportChanged: it is another disk; other kinds: it could not be told.</exception>
    public async Task VerifyAsync(NbdProbe probe, CancellationToken cancellationToken)
    {
        if (_expected is null
            && IsFirst(probe.Export, await TakeFixedAsync(probe, cancellationToken).ConfigureAwait(false)))
        {
            return;
        }

        if (Difference(_expected!, probe.Export) is { } difference)
        {
            throw Changed(difference);
        }

        await CompareAsync(probe, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<List<Witness>> TakeFixedAsync(NbdProbe probe, CancellationToken cancellationToken)
    {
        long length = probe.Export.Length;
        List<Task<Witness?>> readings = [];
        foreach (long diskOffset in ContentFingerprint.FixedPlaces(length))
        {
            int pageLength = (int)Math.Min(Witness.PageBytes, length - diskOffset);
            readings.Add(TakeAsync(probe, diskOffset, pageLength, cancellationToken));
        }

        Witness?[] taken = await Task.WhenAll(readings).ConfigureAwait(false);
        return [.. taken.OfType<Witness>()];
    }

    private static async Task<Witness?> TakeAsync(
        NbdProbe probe, long diskOffset, int length, CancellationToken cancellationToken) =>
        await TryReadAsync(probe, diskOffset, length, cancellationToken).ConfigureAwait(false) is { } bytes
            ? Witness.Of(diskOffset, bytes)
            : null;

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
            return true;
        }
    }

    private async Task CompareAsync(NbdProbe probe, CancellationToken cancellationToken)
    {
        IReadOnlyList<Witness> witnesses = fingerprint.Witnesses;
        bool?[] verdicts = await Task
            .WhenAll(witnesses.Select(witness => AskAsync(probe, witness, cancellationToken)))
            .ConfigureAwait(false);
        for (int i = 0; i < witnesses.Count; i++)
        {
            if (verdicts[i] == false)
            {
                throw Changed(
                    $"the {witnesses[i].Length} bytes at {witnesses[i].DiskOffset} are not those read before");
            }
        }

        // Pages that cannot be read tell nothing; if there is none that can, the disk is not known to be the same.
        if (witnesses.Count > 0 && verdicts.All(verdict => verdict is null))
        {
            throw new NbdException(
                NbdErrorKind.ServerError,
                "none of the pages that would show whether this is still the same disk can be read")
            {
                Errno = NbdErrno.InputOutput,
            };
        }
    }

    /// <summary>True or false as the bytes say; null when the server has an error for them.</summary>
    private static async Task<bool?> AskAsync(
        NbdProbe probe, Witness witness, CancellationToken cancellationToken) =>
        await TryReadAsync(probe, witness.DiskOffset, witness.Length, cancellationToken).ConfigureAwait(false)
            is { } bytes
            ? witness.Confirms(bytes)
            : null;

    private static async Task<byte[]?> TryReadAsync(
        NbdProbe probe, long diskOffset, int length, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[length];
        try
        {
            await probe.ReadAsync(diskOffset, [bytes], cancellationToken).ConfigureAwait(false);
            return bytes;
        }
        catch (NbdException exception) when (exception.Kind == NbdErrorKind.ServerError)
        {
            return null;
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
