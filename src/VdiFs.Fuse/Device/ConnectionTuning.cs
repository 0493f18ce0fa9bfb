using System.Globalization;
using Microsoft.Extensions.Logging;

namespace VdiFs.Fuse.Device;

/// <summary>A mount's knobs in /sys.</summary>
internal static class ConnectionTuning
{
    /// <summary>Raises the kernel's read-ahead; without it reads stay at 128 KiB. Only root may.</summary>
    /// <param name="device">"major:minor" of the mount.</param>
    /// <param name="readAheadKiB">The window.</param>
    /// <param name="logger">Hears when it is not possible.</param>
    public static void TryRaiseReadAhead(string device, int readAheadKiB, ILogger logger)
    {
        string path = $"/sys/class/bdi/{device}/read_ahead_kb";
        try
        {
            File.WriteAllText(path, readAheadKiB.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            FuseLog.ReadAheadNotRaised(logger, path, exception.Message);
        }
    }

    /// <summary>Aborts a connection through fusectl: every caller gets an error, every reader ends.</summary>
    /// <returns>False when fusectl is not mounted or not ours.</returns>
    public static bool TryAbort(string device)
    {
        string minor = device[(device.IndexOf(':', StringComparison.Ordinal) + 1)..];
        try
        {
            File.WriteAllText($"/sys/fs/fuse/connections/{minor}/abort", "1");
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
