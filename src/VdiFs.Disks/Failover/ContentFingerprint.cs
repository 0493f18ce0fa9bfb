namespace VdiFs.Disks.Failover;

/// <summary>
/// What a disk's content looked like, as a handful of witnesses: pages at fixed places, taken when the disk is opened,
/// and a random sample of all pages delivered since, zeros left out. So a disk that differs in what was read is found
/// out with the likelihood with which it differs; two copies of one template differ in what their readers read, not at
/// their ends. Thread-safe.
/// </summary>
internal sealed class ContentFingerprint(Random random)
{
    private const int SampledWitnesses = 16;

    private readonly Lock _gate = new();

    // Guarded by _gate. A reservoir: each read offered so far is in it with the same likelihood.
    private readonly List<Witness> _sampled = [];
    private List<Witness> _fixed = [];
    private long _offered;

    /// <summary>All witnesses now.</summary>
    public IReadOnlyList<Witness> Witnesses
    {
        get
        {
            lock (_gate)
            {
                return [.. _fixed, .. _sampled];
            }
        }
    }

    /// <summary>The witnesses at the fixed places, as far as those could be read.</summary>
    public IReadOnlyList<Witness> Fixed
    {
        get
        {
            lock (_gate)
            {
                return _fixed;
            }
        }
    }

    /// <summary>Offsets of the pages that every disk of this length is known by: both ends and three between.</summary>
    public static IReadOnlyList<long> FixedPlaces(long length)
    {
        const int places = 5;
        long last = Math.Max(0, length - 1) / Witness.PageBytes;
        IEnumerable<long> pages = Enumerable.Range(0, places)
            .Select(i => last / (places - 1) * i + (last % (places - 1) * i / (places - 1)));
        return length == 0 ? [] : [.. pages.Distinct().Select(page => page * Witness.PageBytes)];
    }

    /// <summary>Takes the witnesses at the fixed places.</summary>
    public void SetFixed(IEnumerable<Witness> witnesses)
    {
        lock (_gate)
        {
            _fixed = [.. witnesses];
        }
    }

    /// <summary>Offers bytes that are being delivered; one page of them may become a witness.</summary>
    public void Offer(long diskOffset, IReadOnlyList<Memory<byte>> bytes)
    {
        if (bytes.Count == 0)
        {
            return;
        }

        int place;
        int skip;
        lock (_gate)
        {
            place = (int)Math.Min(random.NextInt64(++_offered), int.MaxValue);
            skip = random.Next(int.MaxValue);
            if (place >= SampledWitnesses && _sampled.Count == SampledWitnesses)
            {
                return;
            }
        }

        if (PageOf(diskOffset, bytes, skip) is not { } witness)
        {
            return;
        }

        lock (_gate)
        {
            if (_sampled.Count < SampledWitnesses)
            {
                _sampled.Add(witness);
            }
            else
            {
                _sampled[place % SampledWitnesses] = witness;
            }
        }
    }

    /// <summary>A whole aligned page of the bytes that lies in one buffer and is not all zero.</summary>
    private static Witness? PageOf(long diskOffset, IReadOnlyList<Memory<byte>> bytes, int skip)
    {
        int first = skip % bytes.Count;
        long bufferOffset = diskOffset;
        for (int i = 0; i < first; i++)
        {
            bufferOffset += bytes[i].Length;
        }

        ReadOnlySpan<byte> buffer = bytes[first].Span;
        long page = (bufferOffset + Witness.PageBytes - 1) / Witness.PageBytes * Witness.PageBytes;
        int start = (int)(page - bufferOffset);
        int pages = (buffer.Length - start) / Witness.PageBytes;
        if (start > buffer.Length || pages == 0)
        {
            return null;
        }

        int chosen = start + (skip % pages * Witness.PageBytes);
        ReadOnlySpan<byte> content = buffer.Slice(chosen, Witness.PageBytes);
        return content.ContainsAnyExcept((byte)0) ? Witness.Of(bufferOffset + chosen, content) : null;
    }
}
