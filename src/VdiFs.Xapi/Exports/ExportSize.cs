namespace VdiFs.Xapi.Exports;

/// <summary>Whether an export is of the disk that was asked for, as far as its size tells.</summary>
internal static class ExportSize
{
    /// <summary>XAPI announces the size rounded up to this when it makes a VHD of something else.</summary>
    private const long RoundingBytes = 2 * 1024 * 1024;

    /// <exception cref="XapiException">BadExport.</exception>
    public static void Check(ExportBody body, long announcedBytes, long expectedBytes)
    {
        if (announcedBytes < expectedBytes || announcedBytes - expectedBytes >= RoundingBytes)
        {
            throw body.Bad($"it is of a disk of {announcedBytes} bytes, expected {expectedBytes}");
        }
    }
}
