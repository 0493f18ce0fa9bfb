namespace VdiFs.Formats.Reading;

/// <summary>How strictly an image is checked.</summary>
/// <param name="AcceptForeign">
/// Whether what the specification allows passes although this product would not write it: blocks in any order,
/// unclaimed space, other creators, compressed data. Without it, the image must be as this product writes it.
/// </param>
/// <param name="Now">
/// What time it is: readers refuse images that were made later. Null when time stamps do not matter.
/// </param>
public sealed record CheckOptions(bool AcceptForeign, DateTimeOffset? Now = null);
