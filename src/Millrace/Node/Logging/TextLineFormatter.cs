using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Millrace.Node.Logging;

/// <summary>One line per message for people: time, level, message, and the trace id where there is one.</summary>
internal sealed class TextLineFormatter(TimeProvider clock) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "millrace-text";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.Write(clock.GetUtcNow().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture));
        textWriter.Write(' ');
        textWriter.Write(LogLevels.Word(logEntry.LogLevel));
        textWriter.Write(' ');
        textWriter.Write(logEntry.Formatter(logEntry.State, logEntry.Exception));
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
        {
            textWriter.Write(" trace=");
            textWriter.Write(activity.TraceId.ToHexString());
        }

        textWriter.WriteLine();
        if (logEntry.Exception is { } exception)
        {
            textWriter.WriteLine(exception);
        }
    }
}
