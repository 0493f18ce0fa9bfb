using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using VdiFs.Options;

namespace VdiFs.Diagnostics;

/// <summary>Makes the log: lines on standard error.</summary>
internal static class Logs
{
    /// <summary>The caller disposes the factory, which writes out what is still queued.</summary>
    public static ILoggerFactory Create(LogOptions options) => LoggerFactory.Create(builder =>
    {
        builder.SetMinimumLevel(options.Level);
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        switch (options.Format)
        {
            case LogFormat.Json:
                builder.AddJsonConsole(json => json.UseUtcTimestamp = true);
                break;
            case LogFormat.Systemd:
                builder.AddSystemdConsole();
                break;
            default:
                builder.AddSimpleConsole(text =>
                {
                    text.SingleLine = true;
                    text.ColorBehavior = LoggerColorBehavior.Disabled;
                    text.TimestampFormat = "yyyy-MM-ddTHH:mm:ssZ ";
                    text.UseUtcTimestamp = true;
                });
                break;
        }
    });
}
