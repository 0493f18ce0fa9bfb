using Microsoft.Extensions.Logging;

namespace VdiFs.Nbd;

/// <summary>Log messages of this room, events 1000 to 1999.</summary>
internal static partial class NbdLog
{
    [LoggerMessage(1000, LogLevel.Debug, "{Address}: connection {Number} is open")]
    public static partial void ConnectionOpened(ILogger logger, string address, int number);

    [LoggerMessage(1001, LogLevel.Warning, "{Address}: connection {Number} is lost: {Reason}")]
    public static partial void ConnectionLost(ILogger logger, string address, int number, string reason);

    [LoggerMessage(
        1002,
        LogLevel.Warning,
        "{Address}: going on with fewer connections, one more could not be opened: {Reason}")]
    public static partial void ExtraConnectionFailed(ILogger logger, string address, string reason);

    [LoggerMessage(1003, LogLevel.Error, "{Address}: {Reason}")]
    public static partial void ExportChanged(ILogger logger, string address, string reason);

    [LoggerMessage(1004, LogLevel.Warning, "{Address}: the export '{Name}' is listed but not described: {Reason}")]
    public static partial void ExportNotDescribed(ILogger logger, string address, string name, string reason);

    [LoggerMessage(
        1005,
        LogLevel.Debug,
        "{Address}: the server does not know NBD_OPT_INFO, so the export is opened to describe it")]
    public static partial void DescribedByOpening(ILogger logger, string address);

    [LoggerMessage(1006, LogLevel.Debug, "{Address}: connection {Number} is given up for others")]
    public static partial void ConnectionGivenUp(ILogger logger, string address, int number);
}
