using Microsoft.Extensions.Logging;

namespace Millrace.Tests.Node;

/// <summary>A log of which a test sees the lines, each behind the name of its event.</summary>
internal sealed class ToldLog(List<string> lines) : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (lines)
        {
            lines.Add($"{eventId.Name}: {formatter(state, exception)}");
        }
    }
}
