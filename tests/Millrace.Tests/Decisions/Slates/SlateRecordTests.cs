using System.Collections.Immutable;
using CsCheck;
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
        Assert.Equal(["request[0]: 0 of 2", "request[1]: 1 of 3"], decided.Relaxed);
    }

    [Fact]
    public void A_replay_notices_another_report_of_what_gave_way()
    {
        Policy policy = Policies[0] with { AtLeast = [new Quota { Attribute = "kind", Value = "none", Least = 2 }] };
        Decided decided = _harness.Decider(policy: policy).Decide(DecisionHarness.Ask("d"));
        Assert.Equal(["policy[0]: 0 of 2"], decided.Relaxed);
        Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, policy).Verdict);
        Assert.Equal(
            ["relaxed: recorded [policy[0]: 1 of 2], replayed [policy[0]: 0 of 2]"], Replayer.Replay(decided with { Relaxed = ["policy[0]: 1 of 2"] }, policy).Differences);
        Assert.Equal(["degraded: constraintsRelaxed recorded False, replayed True"], Replayer.Replay(decided with { Degraded = [] }, policy).Differences);
        foreach (string reason in new[] { "pinMoved", "thresholdsRelaxed" })
        {
            Assert.Equal([$"degraded: {reason} recorded True, replayed False"], Replayer.Replay(decided with { Degraded = [.. decided.Degraded, reason] }, policy).Differences);
        }
    }

    /// <summary>The words of a request are gone with the person's key, whatever they were.</summary>
    [Fact]
    public void What_stays_of_a_record_after_an_erasure_holds_no_word_of_the_request()
    {
        using var keys = new MemorySubjectKeys();
        var codec = new FactCodec(keys);
        Decided decided = _harness.Decider(policy: Policies[0] with { AtLeast = [] }).Decide(DecisionHarness.Ask("d") with
        {
            Constraints = new SlateConstraints(Policies[0].AtMost.Clear().Add("diagnosis", 1), [new Quota { Attribute = "ward", Value = "oncology", Least = 2 }]),
        });
        Assert.Equal(["request[0]: 0 of 2"], decided.Relaxed);
        var writer = new FieldWriter();
        codec.Encode(decided, writer);
        string written = System.Text.Encoding.Latin1.GetString(writer.Written.ToArray());
        Assert.Contains("request[0]", written, StringComparison.Ordinal);
        foreach (string word in new[] { "diagnosis", "ward", "oncology" }) Assert.DoesNotContain(word, written, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_a_list_answers_nothing_is_read_or_recorded_that_only_scores_are_weighed_against()
    {
        Policy policy = Policies[1];
        Decided full = _harness.Decider(policy: policy).Decide(DecisionHarness.Ask("d1"));
        Assert.Contains("\"vectors\"", full.Inputs!.Request, StringComparison.Ordinal);
        foreach (int spent in new[] { 80, 101 })
        {
            Decided lower = _harness.Slow(TimeSpan.FromMilliseconds(spent), policy).Decide(DecisionHarness.Ask($"d{spent}"));
            Assert.InRange(lower.Rung, 2, 4);
            Assert.DoesNotContain("\"vectors\"", lower.Inputs!.Request, StringComparison.Ordinal);
            Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(lower, policy).Verdict);
        }
    }

    /// <summary>Attributes may be long and the request chooses them: the budget of full records is charged with about what is written, whatever the values.</summary>
    [Fact]
    public void A_record_is_no_longer_for_long_values()
    {
        var harness = new DecisionHarness();
        for (int i = 0; i < 40; i++)
        {
            string own = $"{i}{new string('x', 1000)}";
            harness.Put($"i{i}", item => item with { Provider = $"p{i}", Attributes = item.Attributes.Add("long", [own, .. Enumerable.Range(0, 20).Select(at => $"{own}{at}")]) });
        }

        harness.Folder.Freeze(Millrace.Journal.UnixMicros.Now(harness.Clock));
        Decided decided = harness.Decider(policy: DecisionHarness.Home with { AtMost = DecisionHarness.Home.AtMost.Clear() }).Decide(DecisionHarness.Ask("d") with
        {
            Constraints = new SlateConstraints(DecisionHarness.Home.AtMost.Clear().Add("long", 1), [new Quota { Attribute = "long", Value = "y", Least = 1 }]),
        });
        Assert.True(decided.CandidateCount >= 10);
        Assert.InRange(decided.Inputs!.Request.Length, 1, 200 + (9 * decided.CandidateCount));
        Assert.Equal(ReplayVerdict.Identical, Replayer.Replay(decided, DecisionHarness.Home with { AtMost = DecisionHarness.Home.AtMost.Clear() }).Verdict);
    }

    [Fact]
    public void A_record_whose_groups_or_quotas_are_none_of_its_own_differs()
    {
        Policy policy = Policies[0];
        Decided decided = _harness.Decider(policy: policy).Decide(DecisionHarness.Ask("d"));
        foreach ((string path, string value) in new[] { ("\"topic\":[", "2000000000,"), ("\"topic\":[", "-7,"), ("\"quotas\":[", "255,"), ("\"quotas\":[", "0,0,") })
        {
            int at = decided.Inputs!.Request.IndexOf(path, StringComparison.Ordinal) + path.Length;
            string changed = $"{decided.Inputs.Request[..at]}{value}{decided.Inputs.Request[(decided.Inputs.Request.IndexOf(',', at) + 1)..]}";
            Assert.Equal(ReplayVerdict.Differs, Replayer.Replay(decided with { Inputs = decided.Inputs with { Request = changed } }, policy).Verdict);
        }
    }

    [Fact]
    public void An_age_reads_back_to_the_tick() => Gen.OneOf(Gen.Long[1, 100_000_000], Gen.Long[1, TimeSpan.FromDays(3650).Ticks]).Sample(ticks =>
    {
        Policy policy = DecisionHarness.Home with { AtLeast = [new Quota { Fresh = TimeSpan.FromTicks(ticks), Least = 1 }] };
        Assert.Equal(ticks, PolicyJson.Read(PolicyJson.Write(policy), 1).AtLeast[0].Fresh!.Value.Ticks);
    });

    [Fact]
    public void A_policy_reads_back_from_its_text_and_one_of_an_earlier_release_keeps_its()
    {
        foreach (Policy policy in Policies) Assert.Equal(PolicyJson.Write(policy), PolicyJson.Write(PolicyJson.Read(PolicyJson.Write(policy), policy.Version)));
        Assert.Contains("\"explore\":{\"epsilon\":0.2,\"top\":5},\"atMost\":{\"kind\":4,\"provider\":2},\"pins\"", PolicyJson.Write(DecisionHarness.Home), StringComparison.Ordinal);
    }
}
