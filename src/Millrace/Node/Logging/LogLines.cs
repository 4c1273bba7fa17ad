using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Millrace.Node.Logging;

/// <summary>
/// Writes log lines behind their caller, one writer at a time. A full queue drops lines rather than hold the node up for a slow reader; the dropped are
/// counted, and named in the log once there is room.
/// </summary>
internal sealed class LogLines : ILoggerProvider
{
    /// <summary>Lines that may wait: some seconds of a busy node at debug.</summary>
    public const int MaxWaiting = 4_096;

    // A reader that has stalled must not hold up the node's end.
    private static readonly TimeSpan LastLines = TimeSpan.FromSeconds(2);

    private readonly ConsoleFormatter _formatter;
    private readonly TextWriter _output;
    private readonly Counter<long> _dropped;
    private readonly Channel<string> _lines;
    private readonly Task _writing;
    private long _unsaid;

    public LogLines(ConsoleFormatter formatter, TextWriter output, Meter meter)
    {
        (_formatter, _output) = (formatter, output);
        _dropped = meter.CreateCounter<long>("millrace.log.dropped", "{line}", "Log lines that were dropped because their reader was too slow.");
        _lines = Channel.CreateBounded<string>(new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true }, _ => Drop());
        _writing = Task.Run(WriteAsync);
    }

    public ILogger CreateLogger(string categoryName) => new Category(categoryName, this);

    /// <summary>Writes what waits, for two seconds at most.</summary>
    public void Dispose()
    {
        _lines.Writer.TryComplete();
        _writing.Wait(LastLines);
    }

    private void Drop()
    {
        Interlocked.Increment(ref _unsaid);
        _dropped.Add(1);
    }

    private async Task WriteAsync()
    {
        while (await _lines.Reader.WaitToReadAsync())
        {
            while (_lines.Reader.TryRead(out var line))
            {
                _output.Write(line);
            }

            if (Interlocked.Exchange(ref _unsaid, 0) is > 0 and var lost)
            {
                _output.Write(Format(new LogEntry<string>(
                    LogLevel.Warning, "Millrace.Node", NodeEvents.LogDropped, $"{lost} log lines were dropped: their reader is too slow", null, static (text, _) => text)));
            }

            await _output.FlushAsync();
        }
    }

    private string Format<TState>(in LogEntry<TState> entry)
    {
        using var text = new StringWriter();
        _formatter.Write(entry, scopeProvider: null, text);
        return text.ToString();
    }

    private sealed class Category(string name, LogLines lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines._lines.Writer.TryWrite(lines.Format(new LogEntry<TState>(logLevel, name, eventId, state, exception, formatter)));
    }
}
