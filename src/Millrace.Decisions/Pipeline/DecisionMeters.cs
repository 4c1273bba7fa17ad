using System.Diagnostics.Metrics;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Ladder;
using Millrace.Journal.Facts;

namespace Millrace.Decisions.Pipeline;

/// <summary>The meter <c>Millrace.Decisions</c>.</summary>
public sealed class DecisionMeters : IDisposable
{
    private readonly Meter _meter = new("Millrace.Decisions");
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _steps;
    private readonly Counter<long> _late;
    private readonly Counter<long> _answers;
    private readonly Counter<long> _repeats;
    private readonly Counter<long> _degraded;
    private readonly Counter<long> _filtered;

    public DecisionMeters()
    {
        // A full decision takes some 100 µs, a request waits 100 ms by default: the buckets lie around both.
        _duration = _meter.CreateHistogram(
            "millrace.decisions.duration", "s", "From a request to its answer, repeats left out.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1] });
        _steps = _meter.CreateHistogram(
            "millrace.decisions.step", "s", "What each step of a decision took, over the rungs that were tried.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.05] });
        _late = _meter.CreateCounter<long>("millrace.decisions.late", "{step}", "Steps that were not begun because too much of the time was spent.");
        _answers = _meter.CreateCounter<long>("millrace.decisions.answers", "{decision}", "Decisions answered, by rung of the ladder.");
        _repeats = _meter.CreateCounter<long>("millrace.decisions.repeats", "{decision}", "Requests that were given the answer of their decision id again.");
        _degraded = _meter.CreateCounter<long>("millrace.decisions.degraded", "{decision}", "Decisions that say they are degraded, by reason; one may have several.");
        _filtered = _meter.CreateCounter<long>("millrace.decisions.filtered", "{item}", "Items that a filter turned away from a decision, by policy and filter; each by the first that it did not pass.");
    }

    public void Dispose() => _meter.Dispose();

    internal void Answered(Decided answer, TimeSpan took, StepTimes times)
    {
        for (var step = DecisionStep.Person; step <= DecisionStep.Record; step++)
        {
            if (times.Of(step) is { } stepTook) _steps.Record(stepTook.TotalSeconds, new KeyValuePair<string, object?>("step", StepTimes.Text(step)));
            if (times.WasLate(step)) _late.Add(1, new KeyValuePair<string, object?>("step", StepTimes.Text(step)));
        }

        _duration.Record(took.TotalSeconds);
        _answers.Add(1, new KeyValuePair<string, object?>("rung", Rungs.Text((Rung)answer.Rung)));
        foreach (string reason in answer.Degraded) _degraded.Add(1, new KeyValuePair<string, object?>("reason", reason));
    }

    /// <param name="filters">A policy's.</param>
    /// <param name="dropped">How many each has turned away.</param>
    internal void Filtered(CandidateFilters filters, ReadOnlySpan<int> dropped)
    {
        for (int i = 0; i < dropped.Length; i++)
        {
            if (dropped[i] > 0) _filtered.Add(dropped[i], new KeyValuePair<string, object?>("policy", filters.Name), new KeyValuePair<string, object?>("filter", filters.Settings[i]));
        }
    }

    internal void Repeated() => _repeats.Add(1);

    internal void Watch(Decider decider)
    {
        _meter.CreateObservableCounter(
            "millrace.decisions.bounds_hit",
            () => (Measurement<long>[])
            [
                Bound(decider.ForgottenEarly, "rememberedDecisions"),
                Bound(decider.ContextsForgottenEarly, "recalledDecisions"),
                Bound(decider.SlimByBudget, "fullDecisions"),
            ],
            "{hit}",
            "Bounds hit, by name.");
        _meter.CreateObservableGauge("millrace.decisions.remembered", () => decider.RememberedBytes, "By", "Answers remembered for their repeats.");
    }

    private static Measurement<long> Bound(long hits, string bound) => new(hits, new KeyValuePair<string, object?>("bound", bound));
}
