namespace VdiFs.Formats.Reading;

/// <summary>Where an image has a piece of its disk.</summary>
public enum PieceKind
{
    /// <summary>In the image.</summary>
    Stored,

    /// <summary>Nowhere: it is zeros.</summary>
    Zero,

    /// <summary>In the parent.</summary>
    Parent,
}
