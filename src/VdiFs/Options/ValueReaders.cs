using System.Globalization;
using Microsoft.Extensions.Logging;
using VdiFs.Disks.Cache;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Store;
using VdiFs.Formats;

namespace VdiFs.Options;

/// <summary>How the values of options are written.</summary>
internal static class ValueReaders
{
    private const int ModeBits = 0x1FF; // 0777
    private const int MaximumConnections = 16;

    private static readonly TimeSpan ShortestReadDeadline = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestReadDeadline = TimeSpan.FromDays(1);

    // Some files of a mount are a little newer than its disks: that must still be a time.
    private static readonly DateTimeOffset LatestTime = new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static bool Text(string text, out string? value)
    {
        value = text;
        return text.Length > 0;
    }

    public static bool Fingerprint(string text, out string? value)
    {
        value = text;
        return TlsOptions.IsFingerprint(text);
    }

    public static bool CacheSize(string text, out ByteSize? value) =>
        ByteSize.TryParse(text, out value)
        && value.Value.Bytes is >= BlockCache.MinimumCapacityBytes and <= BlockCache.MaximumCapacityBytes;

    public static bool StoreSize(string text, out ByteSize value)
    {
        bool read = ByteSize.TryParse(text, out ByteSize? size);
        value = size ?? default;
        return read && value.Bytes is >= BlockStoreOptions.MinimumSizeBytes and <= BlockStoreOptions.MaximumSizeBytes;
    }

    public static bool StoreMinimumFree(string text, out ByteSize value)
    {
        bool read = ByteSize.TryParse(text, out ByteSize? size);
        value = size ?? default;
        return read && value.Bytes <= BlockStoreOptions.MaximumSizeBytes;
    }

    public static bool MemoryLimit(string text, out ByteSize? value) =>
        ByteSize.TryParse(text, out value)
        && value.Value.Bytes is >= MemoryPlan.MinimumLimitBytes and <= MemoryPlan.MaximumLimitBytes;

    public static bool ReadDeadline(string text, out DurationText value)
    {
        bool read = DurationText.TryParse(text, out DurationText? duration);
        value = duration ?? default;
        return read && value.Duration >= ShortestReadDeadline && value.Duration <= LongestReadDeadline;
    }

    public static bool Connections(string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value)
        && value is >= 1 and <= MaximumConnections;

    public static bool UserOrGroup(string text, out uint? value)
    {
        bool read = uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint id);
        value = id;
        return read && id != uint.MaxValue;
    }

    public static bool Mode(string text, out PermissionBits value)
    {
        value = default;
        try
        {
            int bits = Convert.ToInt32(text, fromBase: 8);
            value = new PermissionBits(bits);
            return bits is >= 0 and <= ModeBits;
        }
        catch (Exception exception) when (exception is FormatException or OverflowException or ArgumentException)
        {
            return false;
        }
    }

    public static bool Time(string text, out DateTimeOffset? value)
    {
        bool read = DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time);
        value = time;
        return read && time < LatestTime;
    }

    public static bool Formats(string text, out FormatSelection value)
    {
        value = FormatSelection.Default;
        if (text == FormatSelection.AllName)
        {
            value = FormatSelection.All;
            return true;
        }

        IReadOnlyList<ImageFormat>[] chosen = [.. text.Split(',').Select(ImageFormats.ChosenBy)];
        if (chosen.Any(formats => formats.Count == 0))
        {
            return false;
        }

        value = new FormatSelection(chosen.SelectMany(formats => formats));
        return true;
    }

    public static bool Level(string text, out LogLevel value) =>
        Enum.TryParse(text, ignoreCase: true, out value) && Enum.IsDefined(value) && !char.IsDigit(text[0]);

    public static bool Format(string text, out LogFormat value) =>
        Enum.TryParse(text, ignoreCase: true, out value) && Enum.IsDefined(value) && !char.IsDigit(text[0]);
}
