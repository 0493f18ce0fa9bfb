namespace VdiFs.Formats.Reading;

/// <summary>A run of a disk that an image has in one way.</summary>
/// <param name="Kind">Where.</param>
/// <param name="Length">Bytes, at least 1.</param>
public readonly record struct ImagePiece(PieceKind Kind, long Length);
