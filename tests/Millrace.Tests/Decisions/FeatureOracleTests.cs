using CsCheck;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Decisions;

/// <summary>The features of decisions against values recounted from the clicks, in the plainest way.</summary>
public sealed class FeatureOracleTests
{
    [Fact]
    public void A_decisions_features_are_what_a_recount_of_the_clicks_gives() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 11], Gen.Int[1, 12]).Array[0, 120].Sample(
            clicks =>
            {
                var harness = new DecisionHarness();
                var start = UnixMicros.Now(harness.Clock);
                for (int i = 0; i < 12; i++) harness.Put($"i{i}", item => item with { Published = start - TimeSpan.FromHours(i) });
                var log = new List<(string Session, string Item, long Minute)>();
                int minute = 0;
                foreach (var (session, item, step) in clicks)
                {

                    harness.Clock.Advance(TimeSpan.FromMinutes(step));
                    minute += step;
                    log.Add(($"s{session}", $"i{item}", minute));
                    StoredFact click = harness.Click($"s{session}", $"i{item}");
                    harness.Folder.Apply(click);
                    harness.Persons.Observe(click);
                }

                harness.Folder.Freeze(UnixMicros.Now(harness.Clock));
                Decided decided = harness.Decider().Decide(DecisionHarness.Ask("d") with
                {
                    Session = "s0",
                    Candidates = [.. Enumerable.Range(0, 12).Select(i => DecisionHarness.Candidate($"i{i}"))],
                });
                Check(decided.Inputs!, log, minute);
            },
            iter: 300);

    private static void Check(DecisionInputs inputs, List<(string Session, string Item, long Minute)> log, int now)
    {
        string? last = log.Any(click => click.Session == "s0" && now - click.Minute <= 30) ? log.Last(click => click.Session == "s0").Item : null;
        (string From, string To)[] pairs = [.. Pairs(log)];
        for (int row = 0; row < inputs.Candidates.Length; row++)
        {
            string item = inputs.Candidates[row];
            double Value(string feature) => inputs.Matrix[(row * inputs.Features.Length) + inputs.Features.IndexOf(feature)];
            int clicks = log.Count(click => click.Item == item && click.Minute > now - 60);
            Assert.Equal(Math.Log(1 + clicks), Value("clicks_1h"), 1e-6);
            double age = int.Parse(item.AsSpan(1), null) + (now / 60.0);
            Assert.Equal(Math.Pow(2, -age / 6), Value("fresh"), 1e-6);
            double after = last is null ? 0 : pairs.Count(pair => pair.From == last && pair.To == item) / (pairs.Count(pair => pair.From == last) + 10.0);
            Assert.Equal(after, Value("next"), 1e-6);
        }
    }

    /// <summary>Each first click on an item within its session, with the click before it. Half an hour of silence ends a session.</summary>
    private static IEnumerable<(string From, string To)> Pairs(List<(string Session, string Item, long Minute)> log)
    {
        foreach (var session in log.GroupBy(click => click.Session))
        {
            var clicked = new HashSet<string>(StringComparer.Ordinal);
            (string Session, string Item, long Minute)? before = null;
            foreach (var click in session)
            {
                if (before is { } earlier && click.Minute - earlier.Minute > 30) clicked.Clear();
                if (clicked.Add(click.Item) && clicked.Count > 1) yield return (before!.Value.Item, click.Item);
                before = click;
            }
        }
    }
}
