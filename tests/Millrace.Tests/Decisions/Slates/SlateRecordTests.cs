using System.Collections.Immutable;
using Millrace.Decisions;
using Millrace.Decisions.Pipeline;
using Millrace.Decisions.Replay;
using Millrace.Journal.Facts;
using Millrace.Journal.Facts.Codec;
using Millrace.Journal.Local;
using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions.Slates;

/// <summary>What constraints, diversity and exploration leave in records and replies, and that a record alone repeats them.</summary>
public sealed class SlateRecordTests
{
    private readonly DecisionHarness _harness = new DecisionHarness().Fill();

    /// <summary>One policy for each rule, with all that a slate can depend on.</summary>
    internal static ImmutableArray<Policy> Policies { get; } =
    [
        .. Enum.GetValues<ExplorationMethod>().Select((method, i) => DecisionHarness.Home with
        {
            Explore = new Exploration(0.1, 6) { Method = method, Gamma = 3, Temperature = 2, New = new NewItems("clicks_1h", 1, 2) },
            AtMost = ImmutableSortedDictionary<string, int>.Empty.Add("provider", 2).Add("topic", 2),
            AtLeast =
            [
                new Quota { Attribute = "kind", Value = "k2", Least = 2, Top = 4 },
                new Quota { Fresh = TimeSpan.FromHours(8), Share = 0.3 },
                new Quota { Attribute = "topic", Value = "both", Least = 1 },
            ],
            Diversity = i % 2 == 0 ? new Diversity(0.7, "topic") : new Diversity(0.7, "taste", Embedding: true),
        }),
    ];

    public static TheoryData<int> Each => [.. Enumerable.Range(0, Policies.Length)];

    [Theory]
    [MemberData(nameof(Each))]
    public void A_record_replays_identical_with_everything_that_a_slate_can_depend_on(int which)
    {
        Policy policy = Policies[which];
        using var keys = new MemorySubjectKeys();
        var codec = new FactCodec(keys);
        Decider decider = _harness.Decider(policy: policy);
        for (int i = 0; i < 100; i++)
        {
            Decided decided = decider.Decide(DecisionHarness.Ask($"d{i}") with
            {
                Session = $"s{i % 10}",
                Candidates = i % 3 == 0 ? [DecisionHarness.Candidate("i4", ("clicks_1h", 0.1f)), DecisionHarness.Candidate("own"), DecisionHarness.Candidate("i9")] : default,
                Constraints = i % 2 == 0 ? new SlateConstraints(policy.AtMost.Clear().Add("kind", 3), [new Quota { Attribute = "provider", Value = "p7", Least = 1, Top = 5 }]) : null,
            });
            var writer = new FieldWriter();
            codec.Encode(decided, writer);
            var read = (Decided)codec.Decode(writer.Written, decided.Received, decided.Stream);
            Assert.Equal(decided.Relaxed, read.Relaxed);
            ReplayResult replayed = Replayer.Replay(read, policy);
            Assert.True(replayed.Verdict == ReplayVerdict.Identical, string.Join(", ", replayed.Differences));
        }

        Assert.Contains(_harness.Written.SelectMany(decided => decided.Slots[0].Items), item => item.Explored);
    }

    [Fact]
    public void Quotas_and_limits_of_policy_and_request_hold_and_nothing_is_relaxed()
    {
        Decider decider = _harness.Decider(policy: Policies[1]);
        for (int i = 0; i < 200; i++)
        {
            Decided decided = decider.Decide(DecisionHarness.Ask($"d{i}") with
            {
                Constraints = new SlateConstraints(Policies[1].AtMost.Clear(), [new Quota { Attribute = "provider", Value = "p7", Least = 1, Top = 5 }]),
            });
            int[] items = [.. decided.Slots[0].Items.Select(item => int.Parse(item.Item.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture))];
            Assert.True(items.Take(4).Count(item => item % 3 == 2) >= 2, "kind=k2");
            Assert.True(items.Count(item => item <= 8) >= 2, "fresh");
            Assert.True(items.Any(item => item % 6 == 5), "topic=both");
            Assert.True(items.Take(5).Any(item => item % 8 == 7), "provider=p7");
            Assert.All(items.GroupBy(item => item % 8), provider => Assert.InRange(provider.Count(), 1, 2));
            Assert.All(items.GroupBy(item => item % 6 == 5 ? 0 : item % 5), topic => Assert.InRange(topic.Count(), 1, 2));
            Assert.Empty(decided.Relaxed);
            Assert.Empty(decided.Degraded);
        }
    }

    [Fact]
    public void What_cannot_be_met_is_relaxed_named_and_fails_nothing()
    {
        Decided decided = _harness.Decider(policy: Policies[0] with { AtLeast = [] }).Decide(DecisionHarness.Ask("d") with
        {
            Constraints = new SlateConstraints(
                Policies[0].AtMost.Clear(), [new Quota { Attribute = "kind", Value = "none", Least = 2, Top = 3 }, new Quota { Fresh = TimeSpan.FromMinutes(90), Share = 0.5 }]),
        });
        Assert.Equal(6, decided.Slots[0].Items.Length);
        Assert.Equal(["constraintsRelaxed"], decided.Degraded);
        Assert.Equal(["kind=none in the first 3: 0 of 2", "fresh=5400s: 1 of 3"], decided.Relaxed);
    }

    [Fact]
    public void A_policy_reads_back_from_its_text_and_one_of_an_earlier_release_keeps_its()
    {
        foreach (Policy policy in Policies) Assert.Equal(PolicyJson.Write(policy), PolicyJson.Write(PolicyJson.Read(PolicyJson.Write(policy), policy.Version)));
        Assert.Contains("\"explore\":{\"epsilon\":0.2,\"top\":5},\"atMost\":{\"kind\":4,\"provider\":2},\"pins\"", PolicyJson.Write(DecisionHarness.Home), StringComparison.Ordinal);
    }
}
