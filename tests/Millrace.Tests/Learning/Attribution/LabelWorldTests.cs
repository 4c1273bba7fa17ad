using Millrace.Features.Numerics;
using Millrace.Features.PointInTime;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Labels;
using Millrace.Learning.Attribution;
using Millrace.Pareto;
using Millrace.Tests.Pareto;

namespace Millrace.Tests.Learning.Attribution;

public sealed class LabelWorldTests
{
    /// <summary>
    /// Decisions by the real decider, events of people who click from the top down, of whom some come late, are vouched for by nobody, or name what was not shown: labels are what the join of
    /// `millrace pareto`, which shares no line with this one, makes of them.
    /// </summary>
    [Fact]
    public async Task Labels_of_a_world_are_the_outcomes_that_pareto_joins()
    {
        var world = await new ParetoWorld(3).LogAsync(2_000);
        var join = new OutcomeJoin([new Objective("click", "click", false, false), new Objective("dwell", "dwell", true, false)], TimeSpan.FromSeconds(600));
        var reader = new SkippingReader(world.Journal, (_, fault) => Assert.Fail(fault.Message));
        await join.ReadAsync(reader, world.Journal.Partitions(JournalStream.Events), partition => world.Journal.Range(JournalStream.Events, partition).First, TestContext.Current.CancellationToken);
        var expected = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (var partition = 0; partition < world.Journal.Partitions(JournalStream.Decisions); partition++)
        {
            foreach (var decided in (await world.Journal.ReadAsync(JournalStream.Decisions, partition, 0, int.MaxValue, TestContext.Current.CancellationToken)).Select(stored => stored.Fact).OfType<Decided>())
            {
                string?[] items = [.. decided.Slots[0].Items.Select(item => item.Item)];
                var rewards = new double[items.Length * 2];
                join.Rewards(decided, items, rewards);
                for (var place = 0; place < items.Length; place++)
                {
                    var (click, dwell) = (rewards[place], rewards[items.Length + place]);
                    expected.Add($"{decided.Id} {place + 1}", $"{LabelRow.Say("click", click > 0 ? 1 : null, false, false)} {LabelRow.Say("dwell", click > 0 ? dwell : null, false, false)}");
                }
            }
        }

        using var folder = new LabelFolder();
        var start = UnixMicros.From(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var request = new LabelRequest
        {
            From = start,
            To = start + TimeSpan.FromDays(1),
            Into = folder.Path,
            Outcomes = [new("click", "click", TimeSpan.FromSeconds(600)), new("dwell", "dwell", TimeSpan.FromSeconds(600)) { Value = OutcomeValue.Sum }],
            Tenant = "default",
            Slice = TimeSpan.FromDays(1),
        };
        var report = await new LabelRun(world.Journal, subject => unchecked((long)StableHash.Of(subject)), request).RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(expected, new SortedDictionary<string, string>(LabelRow.Read(folder.Path, "click", "dwell").ToDictionary(row => $"{row.Decision} {row.Rank}", row => row.Labels), StringComparer.Ordinal));
        var clicks = report.ByOutcome["click"];
        Assert.InRange(clicks.Labelled, 500, 3_000);
        Assert.Equal((clicks.Labelled, clicks.Labelled), (clicks.NotPlaced, clicks.Unvouched));
    }
}
