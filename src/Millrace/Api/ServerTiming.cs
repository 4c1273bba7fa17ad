using System.Globalization;
using System.Text;
using Millrace.Decisions.Pipeline;

namespace Millrace.Api;

/// <summary>The field Server-Timing of a decision (W3C Server Timing): the whole, then each step, in milliseconds.</summary>
internal static class ServerTiming
{
    /// <param name="took">From the request, read, to the answer.</param>
    /// <param name="times">Null where several decisions were taken.</param>
    public static string Of(TimeSpan took, StepTimes? times)
    {
        var text = new StringBuilder("decide");
        if (times is { Repeated: true })
        {
            text.Append(";desc=repeated");
        }

        text.Append(CultureInfo.InvariantCulture, $";dur={took.TotalMilliseconds:0.###}");
        for (var step = DecisionStep.Person; times is { Repeated: false } && step <= DecisionStep.Record; step++)
        {
            if (times.Of(step) is not { } one && !times.WasLate(step))
            {
                continue;
            }

            text.Append(", ").Append(StepTimes.Text(step));
            if (times.WasLate(step))
            {
                text.Append(";desc=late");
            }

            text.Append(CultureInfo.InvariantCulture, $";dur={(times.Of(step) ?? TimeSpan.Zero).TotalMilliseconds:0.###}");
        }

        return text.ToString();
    }
}
