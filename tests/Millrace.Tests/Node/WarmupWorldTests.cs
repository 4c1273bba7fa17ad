using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using Millrace.Decisions;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Online;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Node;
using Millrace.Tests.Decisions;

namespace Millrace.Tests.Node;

/// <summary>What a warm-up decides among is enough to go the whole path, whatever the policy filters.</summary>
public sealed class WarmupWorldTests
{
    [Fact]
    public void Among_made_up_items_a_slate_is_filled_on_the_first_rung_though_filters_know_none_of_them()
    {
        Policy policy = DecisionHarness.Home with { Pins = [], AtMost = ImmutableSortedDictionary<string, int>.Empty, Filters = [new ValueFilter("market", ["de"])] };
        var set = PolicySet.Create([policy], [new Surface("home", "home", [new Slot("main", 5)])], DecisionHarness.Set);
        var nothing = new FeatureFolder(DecisionHarness.Set, new FeatureOptions());
        Serving serving = WarmupWorld.In(new Serving(set, () => nothing.Current, new DecisionHarness().Persons));
        Assert.Empty(Decide(serving).Slots[0].Items);

        Decided decided = Decide(serving with { Policies = set.Unfiltered() });
        Assert.Equal((0, 5), (decided.Rung, decided.Slots[0].Items.Length));

        static Decided Decide(Serving serving) =>
            new Decider(new DeciderOptions { Timeout = Timeout.InfiniteTimeSpan }, new FakeTimeProvider(), new ServingTable(serving)).Decide(DecisionHarness.Ask("d") with { Session = "session-0" });
    }
}
