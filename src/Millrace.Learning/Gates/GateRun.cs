using System.Collections.Immutable;

namespace Millrace.Learning.Gates;

/// <summary>Every gate on one model.</summary>
internal static class GateRun
{
    /// <summary>What each gate found. Where the model cannot be scored those that judge its scores are left out: that it cannot has failed already.</summary>
    internal static ImmutableArray<GateResult> Judge(GateCase given, GateSettings settings, TimeProvider clock)
    {
        List<GateResult> results = [.. ModelGates.Judge(given, settings.Model, clock, out var forest), .. RowGates.Judge(given, settings.Data), .. ColumnGates.Judge(given.Sample, settings.Data)];
        if (forest is { Classes: 1 } && forest.FeaturesRead().All(given.Sample.Features.Contains))
        {
            results.AddRange(new JudgementGates(given, settings, forest).Judge());
        }
        else if (forest is not null)
        {
            results.Add(GateResult.Of("scores", "", true, null, "one score per row, from features that the examples have", "it cannot be scored"));
        }

        return [.. results];
    }
}
