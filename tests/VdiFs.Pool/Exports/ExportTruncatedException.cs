namespace VdiFs.Pool.Exports;

/// <summary>An export is to end early without a word.</summary>
internal sealed class ExportTruncatedException : Exception;
