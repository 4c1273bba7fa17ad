using CsCheck;
using Millrace.Features.Definitions;
using Millrace.Features.Images;
using Millrace.Features.Numerics;
using Millrace.Features.Online;
using Millrace.Features.Priors;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Tests.Features.Images;

namespace Millrace.Tests.Features.Kinds;

/// <summary>Rates in a context, with a prior that is fitted to what contexts, groups and items earned.</summary>
public sealed class ContextRateTests
{
    private static readonly ContextRateFeature Rate = new("rate", "click", "impression", "segment", TimeSpan.FromDays(90))
    {
        Prior = RatePrior.Fitted,
        Contexts = "a b",
        Groups = "attribute:topic",
    };

    private static readonly FeatureSet Features = FeatureSet.Create([Rate, Rate with { Name = "won", As = RateRead.Successes }, Rate with { Name = "tried", As = RateRead.Trials }]);

    /// <summary>How much more each segment likes each topic.</summary>
    private static readonly double[,] Liking = { { 2, 1, 0.5 }, { 0.5, 1, 2 } };

    private static readonly double[] Quality = [0.5, 0.8, 1, 1.2, 1.5];

    private long _offset;

    [Fact]
    public void Planted_factors_of_groups_are_found_and_items_are_told_from_them()
    {
        var prior = Fit(Planted());
        Assert.Equal(0, prior.LeftOut);
        Assert.InRange(Of(prior, "a", "0") / Of(prior, "a", "2"), 3.2, 4.4);
        Assert.InRange(Of(prior, "b", "2") / Of(prior, "b", "0"), 3.2, 4.4);
        Assert.InRange(Of(prior, "a", "1") / Of(prior, "b", "1"), 0.85, 1.15);

        // Qualities have a variance of 0.116, which a gamma distribution of shape 8.6 has; within a context nothing is left but chance.
        Assert.InRange(prior.ItemWorthMicros / 1e6, 5, 14);
        Assert.True(prior.HereWorthMicros > 50_000_000, $"{prior.HereWorthMicros}");
    }

    [Fact]
    public void A_new_item_reads_its_groups_prior_one_of_no_known_group_its_contexts_and_one_known_elsewhere_what_it_is_there()
    {
        var run = new KindRun(Features).Take(Planted()).Take(
            Put("new", "2"), Put("strange", "9"), Put("good", "1"), Put("bad", "1"));
        run.Take(Shown("good", "a", 400, 240)).Take(Shown("bad", "a", 400, 20));
        run.Take(Fitted(run));
        Assert.InRange(Read(run, "b", "new") / Read(run, "a", "new"), 2.8, 4.6);
        Assert.InRange(Read(run, "a", "new"), 0.07, 0.14);
        Assert.InRange(Read(run, "a", "strange"), 0.15, 0.28);
        Assert.True(Read(run, "b", "good") > 2 * Read(run, "b", "strange"));
        Assert.True(Read(run, "b", "bad") < Read(run, "b", "strange") / 2);

        // In a segment that nobody came from, as in all together.
        Assert.InRange(Read(run, "nowhere", "new"), 0.15, 0.4);

        // What is well known elsewhere is believed more firmly than what is new.
        Assert.True(Read(run, "b", "good", "won") > 4 * Read(run, "b", "new", "won"));
        Assert.Equal(Read(run, "b", "good", "won") / Read(run, "b", "good", "tried"), Read(run, "b", "good"), 1e-6);
    }

    [Fact]
    public void Where_all_are_alike_nothing_is_found()
    {
        var facts = new List<StoredFact>();
        foreach (var (item, segment) in from item in Enumerable.Range(0, 12) from segment in (string[])["a", "b"] select (item, segment))
        {
            facts.AddRange(Shown($"i{item}", segment, 100, 20));
        }

        var prior = Fit([.. Enumerable.Range(0, 12).Select(item => Put($"i{item}", $"{item % 3}")), .. facts]);
        Assert.All(prior.Cells, cell => Assert.InRange(cell.FactorMicros, 999_000, 1_001_000));
        Assert.Equal((1_000_000_000_000, 1_000_000_000_000), (prior.ItemWorthMicros, prior.HereWorthMicros));
        Assert.Equal(0.2, prior.AlphaMicros / (double)(prior.AlphaMicros + prior.BetaMicros), 1e-3);
    }

    [Fact]
    public void Nothing_tried_and_nothing_won_make_no_prior_and_the_windows_rate_stands_until_there_is_one()
    {
        var run = new KindRun(Features).Take(Put("a", "1"), Put("b", "1"));
        Assert.Empty(EmpiricalPrior.Refit(run.Folder.Freeze(default)));
        Assert.Equal(0, Read(run, "a", "a"));
        run.Take(Shown("a", "a", 10, 0)).Take(Shown("b", "a", 10, 0));
        Assert.Empty(EmpiricalPrior.Refit(run.Folder.Freeze(default)));
        run.Take(Shown("a", "a", 20, 10));
        Assert.Equal((10 + (20 * 0.25)) / (30 + 20), Read(run, "a", "a"), 1e-6);
        Assert.Equal(0.25, Read(run, "b", "a"), 1e-6);
    }

    [Fact]
    public void The_order_of_partitions_leaves_no_trace_in_the_fit()
    {
        var facts = Planted();
        var other = facts.OrderBy(stored => stored.Position.Stream).ThenByDescending(stored => stored.Position.Partition).ThenBy(stored => stored.Position.Offset).ToArray();
        Assert.NotEqual(facts.Select(stored => stored.Fact.Id), other.Select(stored => stored.Fact.Id));
        Assert.Equal(FactJson.Write(Fit(facts)), FactJson.Write(Fit(other)));
    }

    [Fact]
    public void What_stands_is_fitted_again_when_rates_moved_and_an_older_version_is_not_taken()
    {
        var run = new KindRun(Features).Take(Planted());
        var first = Fitted(run);
        run.Take(first);
        Assert.Empty(EmpiricalPrior.Refit(run.Folder.Freeze(default)));
        run.Take(Enumerable.Range(0, 15).SelectMany(item => Shown($"i{item}", "a", 100, 80)));
        var second = Fitted(run);
        Assert.Equal(2, ((PriorFitted)second.Fact).Version);
        run.Take(second);
        var value = Read(run, "a", "i0");
        run.Take(first with { Position = new Position(JournalStream.Control, 0, _offset++) });
        Assert.Equal(value, Read(run, "a", "i0"));
    }

    [Fact]
    public void Contexts_and_cells_are_bounded_and_what_is_left_out_is_counted()
    {
        var facts = new List<StoredFact>();
        foreach (var item in Enumerable.Range(0, 90))
        {
            facts.Add(Put($"i{item}", $"{item}"));
            foreach (var segment in Enumerable.Range(0, 70))
            {
                facts.AddRange(Shown($"i{item}", $"s{segment}", 1 + (segment / 35), (item + segment) % 5 == 0 ? 1 : 0));
            }
        }

        var prior = Fit(facts, Rate with { By = "surface", Contexts = "" });
        Assert.Equal(ContextPriorTable.MostContexts, prior.Cells.Count(cell => cell is { Level: 0, Context: not 0 }));
        Assert.Equal(ContextPriorTable.MostCells, prior.Cells.Length);
        Assert.Equal((64 * 91) + 91 - ContextPriorTable.MostCells, prior.LeftOut);
        Assert.True(FactSize.Of(prior) < 100_000);
        Assert.Equal(prior.Cells.Order(Comparer<PriorCell>.Create((a, b) => (a.Context, a.Level, a.Group).CompareTo((b.Context, b.Level, b.Group)))), prior.Cells);
    }

    [Fact]
    public void What_nobody_declared_is_in_no_record_and_counts_with_the_rest()
    {
        var facts = Planted().Concat(Enumerable.Range(0, 15).SelectMany(item => Shown($"i{item}", "only-ann", 400, 200))).ToArray();
        var prior = Fit(facts);
        Assert.Equal(new HashSet<ulong> { 0, ItemHash.Of("a"), ItemHash.Of("b") }, prior.Cells.Select(cell => cell.Context).ToHashSet());
        Assert.DoesNotContain("only-ann", FactJson.Write(prior), StringComparison.Ordinal);

        // The same events of a declared context make cells.
        Assert.Contains(ItemHash.Of("only-ann"), Fit(facts, Rate with { Contexts = "a b only-ann" }).Cells.Select(cell => cell.Context));
    }

    [Fact]
    public void Where_no_context_has_factors_what_is_stored_once_is_not_counted_as_left_out()
    {
        // More groups than a quarter of the cells, of contexts of 36 or 37 looks.
        const int Groups = (ContextPriorTable.MostCells / 4) + 76;
        var facts = new List<StoredFact>();
        for (var item = 0; item < Groups; item++)
        {
            facts.Add(Put($"i{item}", $"{item}"));
            facts.AddRange(Shown($"i{item}", $"s{item % 30}", 1, item % 5 == 0 ? 1 : 0));
        }

        var prior = Fit(facts);
        Assert.All(prior.Cells, cell => Assert.Equal(0ul, cell.Context));
        Assert.Equal((Groups + 1, 0), (prior.Cells.Length, prior.LeftOut));
    }

    [Fact]
    public void A_cell_that_went_is_a_move_as_one_that_came_is()
    {
        var fact = new PriorFitted
        {
            Id = "p", State = Rate.PriorState.ToString(), Version = 1, AlphaMicros = 1_000_000, BetaMicros = 9_000_000, ItemWorthMicros = 1_000_000, HereWorthMicros = 1_000_000,
            Cells = [new(1, 0, 0, 1_000_000), new(1, 1, 7, 2_000_000)],
        };
        var fewer = fact with { Cells = [new(1, 0, 0, 1_000_000)] };
        Assert.False(ContextPriorFit.HasMoved(new ContextPriorTable(fact), fact));
        Assert.True(ContextPriorFit.HasMoved(new ContextPriorTable(fewer), fact));
        Assert.True(ContextPriorFit.HasMoved(new ContextPriorTable(fact), fewer));
    }

    [Fact]
    public void A_rate_is_at_most_1_though_a_click_at_a_low_rank_outweighs_the_look_that_led_to_it()
    {
        var rate = new ContextRateFeature("rate", "click", "impression", "segment", TimeSpan.FromDays(90)) { Examination = new ExaminationCurve([1, 0.05]) };
        var run = new KindRun(FeatureSet.Create([rate, rate with { Name = "won", As = RateRead.Successes }, rate with { Name = "tried", As = RateRead.Trials }])).Take(Put("low", "1"));
        run.Take(Shown("low", "a", 10, 10).Select(stored => stored with { Fact = (Observed)stored.Fact with { Rank = 2 } }));
        Assert.True(Read(run, "a", "low", "won") > Read(run, "a", "low", "tried"));
        Assert.Equal(1, Read(run, "a", "low"));
    }

    [Fact]
    public void Every_value_is_what_its_definition_says() => Gen.Select(Gen.Int[0, 30].Array[24], Gen.Int[1, 400].Array[9], Gen.Int[1, 200]).Sample((counts, factors, worth) =>
    {
        string[] segments = ["a", "b", "c", "d"];
        var run = new KindRun(Features).Take(Enumerable.Range(0, 3).Select(item => Put($"i{item}", item == 0 ? ["0"] : item == 1 ? ["0", "1"] : [])));
        for (var cell = 0; cell < 12; cell++)
        {
            run.Take(Shown($"i{cell % 3}", segments[cell / 3], counts[2 * cell], Math.Min(counts[2 * cell], counts[(2 * cell) + 1])));
        }

        var prior = new PriorFitted
        {
            Id = "p",
            State = Rate.PriorState.ToString(),
            Version = 1,
            AlphaMicros = 100_000,
            BetaMicros = 900_000,
            ItemWorthMicros = worth * 100_000L,
            HereWorthMicros = 3_000_000,
            Cells =
            [
                new(0, 0, 0, factors[0] * 10_000L), new(0, 1, Topic("0"), factors[1] * 10_000L),
                .. Enumerable.Range(0, 2).SelectMany(s => (PriorCell[])[
                    new(ItemHash.Of(segments[s]), 0, 0, factors[2 + (3 * s)] * 10_000L), new(ItemHash.Of(segments[s]), 1, Topic("0"), factors[3 + (3 * s)] * 10_000L),
                    new(ItemHash.Of(segments[s]), 1, Topic("1"), factors[4 + (3 * s)] * 10_000L)]),
            ],
        };
        run.Take(new StoredFact(new Position(JournalStream.Control, 0, _offset++), prior));
        for (var item = 0; item < 3; item++)
        {
            foreach (var segment in segments)
            {
                var (won, tried) = Oracle(prior, counts, item, Array.IndexOf(segments, segment));
                Assert.Equal(won, Read(run, segment, $"i{item}", "won"), 1e-5 * won);
                Assert.Equal(tried, Read(run, segment, $"i{item}", "tried"), 1e-5 * tried);
            }
        }
    }, iter: 200);

    [Fact]
    public void A_snapshot_goes_on_with_the_prior_that_it_was_taken_with()
    {
        StoredFact[] facts = [.. Planted()];
        var keys = Imaged.KeysOf(facts);
        var folder = new FeatureFolder(Features, new FeatureOptions(), keys);
        Array.ForEach(facts, fact => folder.Apply(fact));
        folder.Apply(new StoredFact(new Position(JournalStream.Control, 0, _offset++), Assert.Single(EmpiricalPrior.Refit(folder.Freeze(default))) with { Id = "p" }));
        var image = Imaged.Written(folder.Image());
        image.Position = 0;
        var restored = new FeatureFolder(Features, new FeatureOptions(), keys);
        restored.Adopt(FolderLoader.Load(image, Features, new FeatureOptions(), keys));
        var (before, after) = (folder.Freeze(default), restored.Freeze(default));
        Assert.NotEmpty(before.Canonical(Rate.PriorState));
        Assert.All(Rate.States, key => Assert.Equal(before.Canonical(key), after.Canonical(key)));
    }

    /// <summary>By brute force: segments a and b have factors, c and d are the rest; item 0 is of topic 0, 1 of both, 2 of none.</summary>
    private static (double Won, double Tried) Oracle(PriorFitted prior, int[] counts, int item, int segment)
    {
        double Factor(int s, int level, uint group) =>
            prior.Cells.Where(cell => cell.Context == (s == 0 ? ItemHash.Of("a") : s == 1 ? ItemHash.Of("b") : 0) && cell.Level == level && cell.Group == group)
                .Select(cell => cell.FactorMicros / 1e6).DefaultIfEmpty(1).Single();
        double Mean(int s) => 0.1 * Factor(s, 0, 0) * item switch { 0 => Factor(s, 1, Topic("0")), 1 => (Factor(s, 1, Topic("0")) + Factor(s, 1, Topic("1"))) / 2, _ => 1 };
        (double Won, double Tried) Counts(int s) => (Math.Min(counts[2 * ((3 * s) + item)], counts[(2 * ((3 * s) + item)) + 1]), counts[2 * ((3 * s) + item)]);
        var (won, expected) = (prior.ItemWorthMicros / 1e6, prior.ItemWorthMicros / 1e6);
        foreach (var other in Enumerable.Range(0, 2).Where(s => s != segment))
        {
            won += Counts(other).Won;
            expected += Counts(other).Tried * Mean(other);
        }

        var worth = 1 / ((1 / won) + (1 / (prior.HereWorthMicros / 1e6)));
        return (Counts(segment).Won + worth, Counts(segment).Tried + (worth / Math.Min(0.95, Mean(segment) * won / expected)));
    }

    private static uint Topic(string topic) => ItemPart.IdOf(topic);

    private static double Of(PriorFitted prior, string segment, string topic) =>
        prior.Cells.Single(cell => cell.Context == ItemHash.Of(segment) && cell.Level == 1 && cell.Group == Topic(topic)).FactorMicros;

    private static PriorFitted Fit(IEnumerable<StoredFact> facts, ContextRateFeature? rate = null) =>
        Assert.Single(EmpiricalPrior.Refit(new KindRun(rate is null ? Features : FeatureSet.Create([rate])).Take(facts).Folder.Freeze(default)));

    private StoredFact Fitted(KindRun run) => new(new Position(JournalStream.Control, 0, _offset++), Assert.Single(EmpiricalPrior.Refit(run.Folder.Freeze(default))) with { Id = $"p{_offset}" });

    private static float Read(KindRun run, string segment, string item, string feature = "rate") =>
        run.Read(run.Folder.Freeze(default), [item], new UnixMicros(1_750_000_100_000_000), new Asker(null, null) { Segment = segment })[item][feature];

    /// <summary>Fifteen items of three topics, each quality once in every topic; each shown 400 times to either segment, and clicked as often as is expected.</summary>
    private StoredFact[] Planted()
    {
        var facts = new List<StoredFact>();
        for (var item = 0; item < 15; item++)
        {
            facts.Add(Put($"i{item}", $"{item % 3}"));
            for (var segment = 0; segment < 2; segment++)
            {
                facts.AddRange(Shown($"i{item}", segment == 0 ? "a" : "b", 400, (int)Math.Round(400 * 0.2 * Quality[item / 3] * Liking[segment, item % 3])));
            }
        }

        return [.. facts];
    }

    private StoredFact Put(string item, params string[] topics) => Store(new ItemChanged
    {
        Id = $"f{_offset}",
        Item = item,
        Attributes = new ItemChanged { Id = "", Item = "" }.Attributes.Add("topic", [.. topics]),
        Time = new UnixMicros(1_750_000_000_000_000),
        Received = new UnixMicros(1_750_000_000_000_000),
    }, 0);

    private StoredFact[] Shown(string item, string segment, int times, int clicks) =>
    [
        .. Enumerable.Range(0, times).Select(_ => Event("impression", item, segment)),
        .. Enumerable.Range(0, clicks).Select(_ => Event("click", item, segment)),
    ];

    private StoredFact Event(string name, string item, string segment) => Store(new Observed
    {
        Id = $"f{_offset}",
        Event = name,
        Item = item,
        Surface = segment,
        Segment = segment,
        Time = new UnixMicros(1_750_000_001_000_000),
        Received = new UnixMicros(1_750_000_001_000_000),
    }, segment == "a" ? 0 : 1);

    private StoredFact Store(Fact fact, int partition) => new(new Position(fact.Stream, partition, _offset++), fact);
}
