using CsCheck;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Features.Kinds;

public sealed class KindTests
{
    private static readonly string[] Unknown = ["lift", "jaccard", "cosine", "run"];

    private static readonly string[] Items = [.. Enumerable.Range(0, FoldedHistory.Items).Select(i => $"i{i}")];

    private static readonly Gen<Asker> Askers = Gen.Select(Gen.Int[0, 1], Gen.Int[0, 3], Gen.Int[0, 5], Gen.Bool, (partition, person, place, slot) =>
        new Asker(person == 3 ? null : $"u{partition}-{person}", $"s{partition}-{person}")
        {
            Surface = $"f{place % 3}",
            Slot = slot ? "main" : null,
            Context = place == 5
                ? FactContext.None
                : FactContext.None.Add("country", $"c{place}").Add("kind", $"k{place % 3}").Add("degrees", place == 0 ? "mild" : $"-{place}.5").Add("utcOffset", $"{(place * 90) - 120}"),
        });

    [Fact]
    public void Every_value_is_what_its_definition_says() => Gen.Select(FoldedHistory.Facts, Askers, Gen.Int[0, 400]).Sample((facts, who, later) =>
    {
        var until = facts[^1].Fact.Received + TimeSpan.FromMinutes(later);
        var run = new KindRun(KindSet.All).Take(facts);
        var values = run.Read(run.Folder.Freeze(until), Items, until, who);
        var oracle = new KindOracle(facts, until, who);
        foreach (var item in Items)
        {
            foreach (var name in KindSet.All.Names.Except(Unknown))
            {
                var (expected, got) = (oracle.Of(name, item), values[item][name]);
                Assert.True(Near(expected, got, name), $"{name} of {item}: expected {expected}; got {got}");
            }
        }

        Assert.True(float.IsNaN(values["stranger"]["sum"]));
    });

    [Fact]
    public void Neither_order_nor_repeats_nor_freezes_leave_a_trace() => Gen.Select(FoldedHistory.Facts, Askers, Gen.Int[1, 9]).Sample((facts, who, step) =>
    {
        var until = facts.Max(stored => stored.Fact.Received);
        var whole = new KindRun(KindSet.All).Take(facts);
        var apart = new KindRun(KindSet.All).Take(
            facts.OrderBy(stored => stored.Position.Stream).ThenByDescending(stored => stored.Position.Partition).ThenBy(stored => stored.Position.Offset));
        var parts = new KindRun(KindSet.All);
        for (var i = 0; i < facts.Length; i++)
        {
            parts.Take(facts[i], facts[Math.Max(0, i - 2)]);
            if (i % step == 0)
            {
                parts.Folder.Freeze(facts[i].Fact.Received);
            }
        }

        var expected = Bits(whole, until, who);
        Assert.Equal(expected, Bits(apart, until, who));
        Assert.Equal(expected, Bits(parts, until, who));
    });

    [Fact]
    public void No_fact_after_the_cut_changes_a_row() => Gen.Select(FoldedHistory.Facts, Askers, Gen.Int[0, 100]).Sample((facts, who, percent) =>
    {
        var cut = FoldedHistory.Items + ((facts.Length - FoldedHistory.Items) * percent / 100);
        var known = facts[..cut];
        var asked = known.Max(stored => stored.Fact.Received);
        var run = new KindRun(KindSet.All).Take(known);
        var snapshot = run.Folder.Freeze(asked);
        var before = Bits(run, snapshot, asked, who);
        foreach (var fact in facts[cut..])
        {
            // The person's own facts go on; those of the epoch are pinned by its snapshot.
            run.Folder.Apply(fact);
        }

        run.Folder.Freeze(facts[^1].Fact.Received + KindSet.Day);
        Assert.Equal(before, Bits(run, snapshot, asked, who));
    });

    [Fact]
    public void Similarity_of_items_is_read_from_their_pairs()
    {
        var history = new History();
        var run = new KindRun(KindSet.All).Take(history.Put("a"), history.Put("b"), history.Put("c"));
        run.Take(history.Click("a", "x"), history.Click("b", "x"), history.Click("a", "y"), history.Click("b", "y"), history.Click("a", "z"), history.Click("c", "z"), history.Click("a"));
        var values = run.Read(run.Folder.Freeze(default), ["a", "b", "c"], history.Now, new Asker(null, "s"));

        // a had 4 clicks, b 2 and c 1 of 7; two pairs a-b, one a-c; ten pairs are believed half.
        Assert.Equal((float)(2 / (Math.Sqrt(8) + 10)), values["b"]["cosine"], 1e-6);
        Assert.Equal((float)(2 / (4.0 + 10)), values["b"]["jaccard"], 1e-6);
        Assert.Equal((float)(1 * 7 / (4 + (10 * 7.0))), values["c"]["lift"], 1e-6);
        Assert.Equal(1, values["c"]["run"]);
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(-1)]
    [InlineData(1)]
    public void An_event_that_claims_to_be_from_before_computers_harms_nothing(long micros)
    {
        var history = new History();
        var old = history.Put("a");
        var click = history.Click("a");
        var run = new KindRun(KindSet.All).Take(old with { Fact = old.Fact with { Time = new UnixMicros(micros) } }, click with { Fact = click.Fact with { Time = new UnixMicros(micros) } });
        var last = history.Click("a");
        run.Take(last);
        Assert.Equal(1, run.Read(run.Folder.Freeze(default), ["a"], history.Now, new Asker(null, "s"))["a"]["distinct"]);
    }

    [Fact]
    public void Faults_of_all_kinds_are_told_together()
    {
        var faults = FeatureSet.Faults(
        [
            new SumFeature("sum", "", "", TimeSpan.Zero),
            new RateFeature("rate", "click", "click", KindSet.Hour) { Strength = -1, Examination = new ExaminationCurve([0]) },
            new ContextRateFeature("here", "click", "impression", "moon", KindSet.Hour) { Groups = "provider provider kind colour attribute:topic" },
            new DistinctFeature("distinct", "click", KindSet.Hour, CountRead.Share) { Precision = 13 },
            new CrossFeature("cross", "click", "moon", KindSet.Hour),
            new PersonCountFeature("person", FeatureEntity.Item, "click", KindSet.Hour),
            new AffinityFeature("affinity", FeatureEntity.User, "click", "colour", KindSet.Hour) { Most = 101 },
            new TextSimilarityFeature("text", FeatureEntity.User, "click", "title") { Dimensions = 65 },
            new TimeOfDayFeature("time", TimeRead.Hour) { Info = new FeatureInfo { Ttl = KindSet.Hour } },
            new ExpressionFeature("a", FeatureEntity.Item, "b + 1"),
            new ExpressionFeature("b", FeatureEntity.Item, "a * c"),
            new ExpressionFeature("broken", FeatureEntity.Item, "1 +"),
        ]).ToArray();
        Assert.Equal(3 + 3 + 5 + 2 + 1 + 1 + 2 + 1 + 1 + 1 + 1 + 1, faults.Length);
        Assert.Contains("features: a reads b reads a, which is a cycle", faults);
    }

    [Fact]
    public void Definitions_that_differ_in_a_curve_or_a_text_have_different_fingerprints()
    {
        string Of(FeatureDefinition definition) => FeatureSet.Create([definition]).Fingerprint;
        var rate = new RateFeature("r", "click", "impression", KindSet.Hour);
        Assert.Equal(3, new[] { Of(rate), Of(rate with { Examination = KindSet.Curve }), Of(rate with { Examination = ExaminationCurve.Default }) }.Distinct().Count());
        var formula = new ExpressionFeature("f", FeatureEntity.Item, "1");
        Assert.NotEqual(Of(formula), Of(formula with { Text = "2" }));
        Assert.Equal(Of(rate with { Examination = new ExaminationCurve([1, 0.5]) }), Of(rate with { Examination = new ExaminationCurve([1, 0.5]) }));
    }

    private static bool Near(double expected, float got, string name) => double.IsNaN(expected)
        ? float.IsNaN(got)
        : Math.Abs(expected - got) <= (name.Contains("decayed", StringComparison.Ordinal) ? 2e-3 : 2e-5) * Math.Max(1, Math.Abs(expected) + (name.Contains("decayed_sum", StringComparison.Ordinal) ? 300 : 0));

    private static int[] Bits(KindRun run, UnixMicros until, Asker who) => Bits(run, run.Folder.Freeze(until), until, who);

    private static int[] Bits(KindRun run, FeatureSnapshot snapshot, UnixMicros asked, Asker who) =>
        [.. run.Read(snapshot, Items, asked, who).SelectMany(item => item.Value.OrderBy(value => value.Key, StringComparer.Ordinal)).Select(value => BitConverter.SingleToInt32Bits(value.Value))];
}
