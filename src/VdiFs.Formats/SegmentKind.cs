namespace VdiFs.Formats;

/// <summary>Where the bytes of a segment come from.</summary>
public enum SegmentKind
{
    /// <summary>Generated: ask <see cref="ImageLayout.ReadMetadata"/>.</summary>
    Metadata,

    /// <summary>The disk's own bytes, at the disk offset the segment names.</summary>
    Disk,

    /// <summary>Zeros, for which neither the disk nor the layout need be asked.</summary>
    Zero,

    /// <summary>Computed from bytes of the disk, such as a checksum: ask <see cref="ImageLayout.SourceOf"/> which, and
    /// <see cref="ImageLayout.ReadDerived"/> for the result.</summary>
    Derived,
}
