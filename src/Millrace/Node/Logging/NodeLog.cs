using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Millrace.Node.Configuration;

namespace Millrace.Node.Logging;

/// <summary>The node's log: to standard error, so that standard output is free for what a command answers.</summary>
internal sealed class NodeLog
{
    private volatile Least _least;

    /// <param name="log">Format and first level.</param>
    /// <param name="clock">For each line's time.</param>
    /// <param name="meter">Counts the lines that are dropped.</param>
    public NodeLog(LogSection log, TimeProvider clock, Meter meter)
    {
        ConsoleFormatter formatter = log.Format == "text" ? new TextLineFormatter(clock) : new JsonLineFormatter(clock);
        _least = new Least(LogLevels.Parse(log.Level));
        Factory = LoggerFactory.Create(builder =>
        {
            builder.SetMinimumLevel(LogLevel.Trace);
            builder.AddFilter((category, level) => level >= LeastOf(category));

            // As a factory: the services own what they make, and write its last lines when they are disposed.
            builder.Services.AddSingleton<ILoggerProvider>(_ => new LogLines(formatter, Console.Error, meter));
        });
    }

    public ILoggerFactory Factory { get; }

    /// <summary>Takes effect at the next message.</summary>
    public void SetLevel(string word) => _least = new Least(LogLevels.Parse(word));

    // The server's own categories speak per request and per connection at information: they are heard one level later than ours.
    private LogLevel LeastOf(string? category)
    {
        // A failed start is thrown to us, who say it in one sentence; the host would log its stack trace as well.
        if (category == "Microsoft.Extensions.Hosting.Internal.Host")
        {
            return LogLevel.None;
        }

        var least = _least.Level;
        return category is not null && category.StartsWith("Microsoft.", StringComparison.Ordinal) && least == LogLevel.Information ? LogLevel.Warning : least;
    }

    private sealed record Least(LogLevel Level);
}
