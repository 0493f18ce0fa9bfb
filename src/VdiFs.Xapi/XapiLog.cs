using Microsoft.Extensions.Logging;

namespace VdiFs.Xapi;

/// <summary>Log messages of this room, events 2000 to 2999. None has a password or a session reference.</summary>
internal static partial class XapiLog
{
    [LoggerMessage(
        2000,
        LogLevel.Information,
        "{Address}: logged in to the pool at {Coordinator} (login {Generation})")]
    public static partial void LoggedIn(ILogger logger, string address, string coordinator, int generation);

    [LoggerMessage(2001, LogLevel.Warning, "{Address}: the pool does not answer as it did, looking for it: {Reason}")]
    public static partial void Recovering(ILogger logger, string address, string reason);

    [LoggerMessage(2002, LogLevel.Information, "{Address}: the session goes on at {Coordinator}")]
    public static partial void Recovered(ILogger logger, string address, string coordinator);

    [LoggerMessage(2003, LogLevel.Debug, "{Address}: {Host} is not the way to the pool: {Reason}")]
    public static partial void ProbeFailed(ILogger logger, string address, string host, string reason);

    [LoggerMessage(
        2004,
        LogLevel.Debug,
        "{Address}: the logout failed; the pool forgets the session by itself: {Reason}")]
    public static partial void LogoutFailed(ILogger logger, string address, string reason);

    [LoggerMessage(
        2005,
        LogLevel.Warning,
        "{Host} was never seen before; its certificate with the fingerprint {Fingerprint} is remembered in {File}")]
    public static partial void PinnedOnFirstUse(ILogger logger, string host, string fingerprint, string file);

    [LoggerMessage(2010, LogLevel.Warning, "{Address}: the pool's changes are not followed for now: {Reason}")]
    public static partial void MirrorInTrouble(ILogger logger, string address, string reason);

    [LoggerMessage(2011, LogLevel.Information, "{Address}: the pool's changes are followed again")]
    public static partial void MirrorFollows(ILogger logger, string address);

    [LoggerMessage(
        2012,
        LogLevel.Warning,
        "{Address}: a record of class {Class} cannot be read and is left out: {Reason}")]
    public static partial void BadRecord(ILogger logger, string address, string @class, string reason);

    [LoggerMessage(
        2013,
        LogLevel.Information,
        "{Address}: the mirror has {Own} of class {Class}, the pool {Counted}: loading anew")]
    public static partial void CountDiffers(ILogger logger, string address, string @class, int own, int counted);

    [LoggerMessage(2020, LogLevel.Debug, "the task of an export was not cleaned up: {Reason}")]
    public static partial void ExportTaskLeft(ILogger logger, string reason);
}
