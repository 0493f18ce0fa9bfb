using System.Globalization;

namespace VdiFs.Xapi.Model.Reading;

/// <summary>
/// XAPI's dates: ISO 8601 with or without dashes, with or without a fraction, with or without a zone.
/// </summary>
internal static class XapiTime
{
    // K stands for "Z", an offset, or nothing, which XAPI means as UTC; FFFFFFF for an optional fraction.
    private static readonly string[] Forms =
    [
        "yyyyMMdd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyyMMdd'T'HH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
        "yyyyMMdd'T'HHmmssK", "yyyyMMdd'T'HHmmss.FFFFFFFK",
    ];

    /// <summary>The time; 1970, which is XAPI's word for never, for what is no date.</summary>
    public static DateTimeOffset Parse(string text) => DateTimeOffset.TryParseExact(
        text,
        Forms,
        CultureInfo.InvariantCulture,
        DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
        out DateTimeOffset time)
        ? time
        : DateTimeOffset.UnixEpoch;
}
