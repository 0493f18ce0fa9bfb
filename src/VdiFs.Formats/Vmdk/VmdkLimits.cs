namespace VdiFs.Formats.Vmdk;

/// <summary>What all VMDKs share.</summary>
internal static class VmdkLimits
{
    /// <summary>No limit of the format, but what readers were seen to take: 64 TiB.</summary>
    internal const long MaxDiskLength = 1L << 46;

    /// <summary>Grain tables count sectors in 32 bits.</summary>
    internal const long SparseFileLengthLimit = (1L << 32) * Sector.Bytes;

    /// <summary>Why a file of this length cannot be; null when it can.</summary>
    internal static string? RefusalForFile(string formatName, long fileLength) => fileLength < SparseFileLengthLimit
        ? null
        : $"The disk has so much data that the file would have {fileLength} bytes: a {formatName} file stays below "
          + $"{SparseFileLengthLimit} bytes ({SparseFileLengthLimit >> 30} GiB).";
}
