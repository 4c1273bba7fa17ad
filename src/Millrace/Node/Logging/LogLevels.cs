using Microsoft.Extensions.Logging;

namespace Millrace.Node.Logging;

/// <summary>The words of log levels, the same in configuration and in the log.</summary>
internal static class LogLevels
{
    public static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "information",
        LogLevel.Warning => "warning",
        _ => "error",
    };

    public static LogLevel Parse(string word) => word switch
    {
        "trace" => LogLevel.Trace,
        "debug" => LogLevel.Debug,
        "information" => LogLevel.Information,
        "warning" => LogLevel.Warning,
        _ => LogLevel.Error,
    };
}
