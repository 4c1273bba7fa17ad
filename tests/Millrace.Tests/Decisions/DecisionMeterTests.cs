using System.Diagnostics.Metrics;
using Millrace.Decisions.Pipeline;
using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions;

/// <summary>What filters turn away is counted, each by its setting.</summary>
public sealed class DecisionMeterTests
{
    [Fact]
    public void What_a_filter_turns_away_is_counted_by_policy_and_filter()
    {
        var harness = new DecisionHarness();
        harness.Fill();
        var seen = new SortedDictionary<string, long>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name == "millrace.decisions.filtered") listener.EnableMeasurementEvents(instrument);
            },
        };

        // Other tests may decide by meters of their own at the same time: theirs is another policy.
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            if (tags[0].Value is "filtering") seen[(string)tags[1].Value!] = value;
        });
        listener.Start();
        using var meters = new DecisionMeters();
        Policy policy = DecisionHarness.Home with
        {
            Name = "filtering", Filters = [new ValueFilter("provider", ["p0"], Without: true), new AgeFilter(TimeSpan.FromDays(3650)), new ValueFilter("kind", ["none"])],
        };
        var decider = new Decider(
            new DeciderOptions(),
            harness.Clock,
            new ServingTable(new Serving(PolicySet.Create([policy], [new Surface("home", "filtering", [new Slot("main", 6)])], DecisionHarness.Set), () => harness.Folder.Current, harness.Persons)),
            meters: meters);
        Assert.Empty(decider.Decide(DecisionHarness.Ask("d1") with { Session = "new" }).Slots[0].Items);

        // Of the harness's 40 items each eighth is of p0; what is left fails at the last filter, and none at the one before.
        Assert.Equal(["filters[0]", "filters[2]"], seen.Keys);
        Assert.Equal(5, seen["filters[0]"]);
        Assert.Equal(35, seen["filters[2]"]);
    }
}
