using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Millrace.Node.Logging;

namespace Millrace.Tests.Node;

public sealed class LogLinesTests
{
    [Fact]
    public void A_slow_reader_costs_lines_which_are_counted_and_said()
    {
        using var meter = new Meter("Millrace.Test");
        var counted = 0L;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter == meter)
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => counted += value);
        listener.Start();
        using var output = new StalledWriter();
        using (var lines = new LogLines(new TextLineFormatter(new FakeTimeProvider()), output, meter))
        {
            var log = lines.CreateLogger("Test");
            for (var i = 0; i < LogLines.MaxWaiting + 10; i++)
            {
                log.LogInformation("line {Number}", i);
            }

            // One line may be in the writer's hands.
            Assert.InRange(counted, 9, 10);
            output.Go.Set();
        }

        var text = output.Text.ToString();
        Assert.Contains("information line 0\n", text.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains($"warning {counted} log lines were dropped", text, StringComparison.Ordinal);
    }

    private sealed class StalledWriter : TextWriter
    {
        public ManualResetEventSlim Go { get; } = new();

        public StringBuilder Text { get; } = new();

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(string? value)
        {
            Go.Wait();
            Text.Append(value);
        }

        protected override void Dispose(bool disposing)
        {
            Go.Dispose();
            base.Dispose(disposing);
        }
    }
}
