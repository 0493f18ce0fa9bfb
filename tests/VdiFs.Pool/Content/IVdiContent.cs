namespace VdiFs.Pool.Content;

/// <summary>The bytes of one VDI and what its SR knows of them. Safe for many threads.</summary>
public interface IVdiContent
{
    /// <summary>Bytes of the disk, a multiple of 512.</summary>
    long Length { get; }

    VdiImage Image { get; }

    /// <summary>The unit of allocation: 2 MiB for VHD, 64 KiB else.</summary>
    int GranuleBytes { get; }

    /// <summary>The ranges that cannot be read just now; a test sets them and takes them back.</summary>
    IReadOnlyList<ByteRange> BadRanges { get; set; }

    /// <summary>Fills the destination.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the disk.</exception>
    /// <exception cref="VdiIoException">The range touches one of <see cref="BadRanges"/>.</exception>
    ValueTask ReadAsync(long diskOffset, Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>Writes as a guest does, at any alignment.</summary>
    void Write(long diskOffset, ReadOnlySpan<byte> data);

    /// <summary>Writes what makes the disk's bytes those of a source, and nothing else.</summary>
    void Become(IContentSource source);

    /// <summary>The granules that any image of the chain has, ascending; zeros written there count.</summary>
    IReadOnlyList<long> AllocatedGranules();

    /// <summary>
    /// The granules in any image that only one of the two chains has, ascending: what an export with a base holds.
    /// </summary>
    /// <exception cref="InvalidOperationException">The two are not of one chain, or raw.</exception>
    IReadOnlyList<long> GranulesSince(IVdiContent baseContent);

    /// <summary>The bitmap of VDI.list_changed_blocks: a bit for 64 KiB, most significant first.</summary>
    /// <exception cref="InvalidOperationException">The two are not of one chain, or the same.</exception>
    byte[] ChangedBlocksSince(IVdiContent older);

    /// <summary>A disk that keeps the bytes of now, whatever is written to this one later.</summary>
    /// <exception cref="InvalidOperationException">The disk is raw.</exception>
    IVdiContent Snapshot();

    /// <summary>Takes a snapshot's bytes again, as VDI.revert does.</summary>
    /// <exception cref="InvalidOperationException">The snapshot is not of this chain.</exception>
    void RevertTo(IVdiContent snapshot);
}
