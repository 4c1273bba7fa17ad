using System.Collections.Immutable;
using CsCheck;
using Millrace.Decisions;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Candidates.Vectors;
using Millrace.Decisions.Ladder;
using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions.Candidates;

/// <summary>Neighbours, by an index and by a scan, against a naive recount: a catalogue that changes, filters that allow few.</summary>
public sealed class NeighboursSourceTests
{
    private const int Take = 5;

    // Lists of a few rows, none of which may be missed: what is found is then exact, whatever was split and given up.
    private static readonly NeighbourOptions Small = new()
    {
        Least = 0, Index = new VectorIndexOptions { Dimensions = 8, ExactBelow = 4, ListRows = 2, ExactAllowed = 0, Missed = 0 },
    };

    private static readonly CandidateFilter[] Filters = [new ValueFilter("topic", ["t1"]), new NumberFilter("stock", 100, null), new ValueFilter("provider", ["p0", "p2"], Without: true)];

    /// <summary>Changes of items: which, and what comes of it.</summary>
    private static readonly Gen<(int Item, int Kind, int Vector)[]> Changes = Gen.Select(Gen.Int[0, 150], Gen.Int[0, 9], Gen.Int[0, 1_000]).Array[0, 200];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Neighbours_are_the_nearest_that_pass_while_the_catalogue_changes(bool indexed) =>
        Gen.Select(Changes, Changes, Gen.Int[0, Filters.Length], Gen.Int[0, SourceHarness.Items - 1].Array[1, 4], Gen.Bool).Sample(
            (first, second, filter, chosen, ofContext) =>
            {
                var harness = Harness(indexed, ofContext, filter < Filters.Length ? [Filters[filter]] : []);
                var naive = new NaiveCatalogue();
                foreach (int item in chosen) harness.Event("me", item);
                foreach (var changes in (ReadOnlySpan<(int, int, int)[]>)[first, second])
                {
                    foreach (var (item, kind, vector) in changes) naive.Change(harness, SourceHarness.Items + item, kind, vector);
                    int[] of = ofContext ? [chosen[0]] : [.. chosen.Distinct()];
                    string[] expected = naive.Nearest(of, leaveOut: ofContext ? chosen[0] : -1, filter < Filters.Length ? Filters[filter] : null, Take);
                    var found = harness.Gather("me", with: request => request with { Context = request.Context.Add("item", $"i{chosen[0]}") });
                    Assert.Equal(expected, found.Select(one => one.Item));
                }
            },
            iter: 60, threads: 1);

    [Fact]
    public void A_filter_that_allows_a_few_of_thousands_is_filled_by_an_index_and_by_a_scan()
    {
        foreach (bool indexed in (bool[])[false, true])
        {
            var harness = Harness(indexed, ofContext: false, [new NumberFilter("stock", 10_000, null)]);
            harness.Event("me", 0);
            for (int i = 0; i < 3_000; i++)
            {
                int item = SourceHarness.Items + i;
                harness.Put(item, put => put with { Attributes = put.Attributes.SetItem("stock", [i % 500 == 0 ? "10001" : "3"]), Embedding = [.. SourceHarness.Embedding(i % 200)] });
            }

            Assert.Equal(Take, harness.Gather("me").Length);
        }
    }

    [Fact]
    public void A_request_whose_context_names_no_item_gets_nothing()
    {
        var harness = Harness(indexed: true, ofContext: true, []);
        Assert.Empty(harness.Gather());
        Assert.Empty(harness.Gather(with: request => request with { Context = request.Context.Add("item", "unheard-of") }));
        Assert.Equal(Take, harness.Gather(with: request => request with { Context = request.Context.Add("item", "i3") }).Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_search_that_is_cut_ends_and_the_reply_says_so(bool indexed)
    {
        var harness = Harness(indexed, ofContext: false, []);
        harness.Event("me", 0);
        harness.Gather("me", within: TimeSpan.FromTicks(-1));
        Assert.Contains(DegradedReason.CandidatesLate, harness.Reasons);
        harness.Reasons.Clear();
        Assert.Equal(Take, harness.Gather("me", within: TimeSpan.FromSeconds(1)).Length);
        Assert.Empty(harness.Reasons);
    }

    [Fact]
    public void Memory_has_a_bound_and_what_it_leaves_out_is_counted()
    {
        var harness = Harness(indexed: true, ofContext: false, [], Small with { MaxBytes = 1 });
        harness.Gather("me");
        NeighbourIndex index = Assert.Single(harness.Neighbours!.All.ToArray());
        Assert.Equal((0, SourceHarness.Items), (index.State.Rows, (int)index.State.LeftOut));
    }

    [Fact]
    public void What_expires_leaves_the_index_though_no_fact_says_so()
    {
        var harness = Harness(indexed: true, ofContext: false, []);
        for (int time = 1; time <= 40; time++) harness.Put(3, put => put with { Expires = put.Time + TimeSpan.FromMinutes(time) });
        harness.Put(4, put => put with { Expires = put.Time + TimeSpan.FromMinutes(10) });
        harness.Gather("me");
        NeighbourIndex index = Assert.Single(harness.Neighbours!.All.ToArray());
        harness.Clock.Advance(TimeSpan.FromMinutes(39));
        harness.Gather("me");
        Assert.Equal((SourceHarness.Items - 1, true, false), (index.State.Rows, index.Vectors.Has(RowOf(harness, 3)), index.Vectors.Has(RowOf(harness, 4))));
        harness.Clock.Advance(TimeSpan.FromMinutes(1));
        harness.Gather("me");
        Assert.Equal(SourceHarness.Items - 2, index.State.Rows);

        static int RowOf(SourceHarness harness, int item) => harness.Folder.Current.RowOf($"i{item}");
    }

    [Fact]
    public void Embeddings_that_no_policy_names_are_let_go()
    {
        var harness = Harness(indexed: true, ofContext: false, []);
        harness.Gather("me");
        Assert.Equal(1, harness.Neighbours!.All.Length);
        harness.Neighbours.Follow(Millrace.Decisions.Pipeline.PolicySet.Create([], [], harness.Set), harness.Folder.Current);
        Assert.Equal(0, harness.Neighbours.All.Length);
    }

    internal static SourceHarness Harness(bool indexed, bool ofContext, CandidateFilter[] filters, NeighbourOptions? options = null) => new(
        SourceHarness.Of(new CandidateSource(CandidateSourceKind.Neighbours, Take) { Feature = "near", Of = ofContext ? "item" : null }) with { Filters = [.. filters] })
    {
        Neighbours = indexed ? new NeighbourIndexes(options ?? Small) : null,
    };

    /// <summary>The catalogue as it must be, and the nearest in it, written as plainly as can be.</summary>
    private sealed class NaiveCatalogue
    {
        private readonly Dictionary<int, (int Vector, int Stock)> _items = Enumerable.Range(0, SourceHarness.Items).ToDictionary(item => item, item => (item, item));

        internal void Change(SourceHarness harness, int item, int kind, int vector)
        {
            switch (kind)
            {
                case 0:
                    _items.Remove(item);
                    harness.Put(item, put => put with { Deleted = true });
                    break;
                case 1:
                    _items.Remove(item);
                    harness.Put(item, put => put with { Expires = put.Time });
                    break;
                case 2:
                    _items.Remove(item);
                    harness.Put(item, put => put with { Embedding = [1, 2, 3] });
                    break;
                case 3 when _items.TryGetValue(item, out var known):
                    Put(harness, item, known.Vector, vector);
                    break;
                default:
                    Put(harness, item, vector, stock: 0);
                    break;
            }
        }

        internal string[] Nearest(int[] of, int leaveOut, CandidateFilter? filter, int take)
        {
            int[] query = Scaled([.. Enumerable.Range(0, 8).Select(place => of.Sum(item => Bytes(item)[place]))]);
            return
            [
                .. _items.Where(item => item.Key != leaveOut && Passes(item.Key, item.Value.Stock, filter))
                    .OrderByDescending(item => Dot(Bytes(item.Value.Vector), query) / Math.Sqrt(Dot(Bytes(item.Value.Vector), Bytes(item.Value.Vector))))
                    .ThenBy(item => $"i{item.Key}", StringComparer.Ordinal).Take(take).Select(item => $"i{item.Key}"),
            ];
        }

        private void Put(SourceHarness harness, int item, int vector, int stock)
        {
            _items[item] = (vector, stock);
            harness.Put(item, put => put with { Embedding = [.. SourceHarness.Embedding(vector)], Attributes = put.Attributes.SetItem("stock", [$"{stock}"]) });
        }

        private static bool Passes(int item, int stock, CandidateFilter? filter) => filter switch
        {
            ValueFilter { Attribute: "topic" } => item % 3 == 1,
            ValueFilter => item % 4 is 1 or 3,
            NumberFilter => stock >= 100,
            _ => true,
        };

        private static int[] Bytes(int vector)
        {
            float[] values = SourceHarness.Embedding(vector);
            double most = values.Max(value => Math.Abs((double)value));
            return [.. values.Select(value => (int)Math.Round(value * 127.0 / most))];
        }

        // Halves away from zero.
        private static int[] Scaled(int[] sums)
        {
            int most = sums.Max(Math.Abs);
            return [.. sums.Select(sum => most == 0 ? 0 : Math.Sign(sum) * (int)(((2L * 127 * Math.Abs(sum)) + most) / (2 * most)))];
        }

        private static long Dot(int[] a, int[] b) => a.Zip(b, static (x, y) => (long)x * y).Sum();
    }
}
