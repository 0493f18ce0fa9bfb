namespace VdiFs.Formats.Vmdk;

/// <summary>What follows a marker.</summary>
internal enum VmdkMarkerType : uint
{
    /// <summary>MARKER_EOS: nothing.</summary>
    EndOfStream = 0,

    /// <summary>MARKER_GT: a grain table.</summary>
    GrainTable = 1,

    /// <summary>MARKER_GD: the grain directory.</summary>
    GrainDirectory = 2,

    /// <summary>MARKER_FOOTER: the header once more, with the place of the grain directory.</summary>
    Footer = 3,
}
