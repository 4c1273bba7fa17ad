using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>
/// How an item goes together with what the session clicked: <c>{name, entity: session-item, cooccur: click, window: 1d}</c>. Sums over the
/// session's last <see cref="Depth"/> items; as a share it is P(item | clicked), shrunk towards 0 for rarely clicked ones.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Event">The event that makes pairs.</param>
/// <param name="Window">1 s to 90 days; it moves in steps of a forty-eighth.</param>
public sealed record CooccurrenceFeature(string Name, string Event, TimeSpan Window) : FeatureDefinition(Name)
{
    /// <summary>With how many earlier items of the session a click is paired, 1 to 20.</summary>
    public int Span { get; init; } = 1;

    /// <summary>Whether a pair counts in both directions.</summary>
    public bool Symmetric { get; init; }

    /// <summary>How many of the session's last items are looked at, 1 to 20.</summary>
    public int Depth { get; init; } = 1;

    /// <summary>What the item before weighs against the one after it, 0 to 1.</summary>
    public double Fade { get; init; } = 0.5;

    /// <summary>Added to the denominator of a share: how many pairs it takes to be believed half.</summary>
    public double Shrink { get; init; } = 10;

    /// <summary>How each pair count is read.</summary>
    public PairRead As { get; init; } = PairRead.Share;

    /// <summary>The most neighbours that one item keeps; a pair beyond is refused and counted.</summary>
    public int MaxNeighbours { get; init; } = 4096;

    public override FeatureEntity Entity => FeatureEntity.UserItem;

    internal SessionPairsKey Pairs => new(Event, Window, Span, Symmetric, MaxNeighbours);

    internal override ImmutableArray<StateKey> States => Relates ? [Pairs, new WindowedSumsKey(Event, Window)] : [Pairs];

    // Whether it needs to know how often each of the two items had the event.
    private bool Relates => As is PairRead.Cosine or PairRead.Jaccard or PairRead.Lift;

    internal override IEnumerable<string> Faults() => DefinitionFaults.Event(Event)
        .Concat(DefinitionFaults.Span("window", Window))
        .Concat(DefinitionFaults.Between("span", Span, 1, FeatureOptions.MostRecent))
        .Concat(DefinitionFaults.Between("depth", Depth, 1, FeatureOptions.MostRecent))
        .Concat(DefinitionFaults.Between("fade", Fade, 0, 1))
        .Concat(DefinitionFaults.Between("shrink", Shrink, 0, 1e9))
        .Concat(DefinitionFaults.Between("maxNeighbours", MaxNeighbours, 1, 1_000_000));

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        column.Clear();
        var pairs = read.State<SessionPairs.Frozen>(0);
        double weight = 1;
        var recent = read.Recent;
        for (var back = 0; back < Math.Min(Depth, recent.Length); back++, weight *= Fade)
        {
            if (pairs.Of(recent[back]) is { } neighbours)
            {
                Add(read, neighbours, recent[back], weight, column);
            }
        }

        read.Blank(column);
    }

    private void Add(in FeatureRead read, CountList neighbours, int of, double weight, Span<float> column)
    {
        var counts = Relates ? read.State<WindowedSums.Frozen>(1) : null;
        double own = counts?.Count(read.Snapshot.Cells(of)) ?? 0;
        var total = neighbours.Total + Shrink;
        var candidates = read.Candidates;
        Span<int> maybe = stackalloc int[CountList.MostScanned];
        for (var chunk = 0; chunk < neighbours.ScanCount; chunk++)
        {
            var entries = neighbours.Scan(chunk);
            foreach (var i in candidates.Among(entries, maybe))
            {
                ref readonly var entry = ref entries[i];
                var candidate = candidates.Of(entry.Row);
                if (candidate < 0)
                {
                    continue;
                }

                var value = As switch
                {
                    PairRead.Log => Deterministic.LogOnePlus(entry.Count),
                    PairRead.Share => entry.Count / total,
                    PairRead.Count => entry.Count,
                    _ => Relation(entry.Count, own, counts!.Count(read.Row(candidate)), (long)counts.Total),
                };
                column[candidate] = (float)(column[candidate] + (weight * value));
            }
        }
    }

    /// <summary>Shrunk in the denominator, as a share is; at least 1 there, since pairs and events leave their windows in steps of their own.</summary>
    private double Relation(double both, double one, double other, double all) => As switch
    {
        PairRead.Cosine => both / (Math.Sqrt(Math.Max(1, one * other)) + Shrink),
        PairRead.Jaccard => both / (Math.Max(1, one + other - both) + Shrink),
        _ => both * all / (Math.Max(1, one * other) + (Shrink * Math.Max(1, all))),
    };
}

/// <summary>How the count of a pair of items is read: with n(a) and n(b), how often either had the event within the window, and N, how often all had.</summary>
public enum PairRead
{
    /// <summary>As it is, n(ab).</summary>
    Count,

    /// <summary>log(1 + n(ab)).</summary>
    Log,

    /// <summary>n(ab) of all pairs of a.</summary>
    Share,

    /// <summary>n(ab) / (√(n(a)·n(b)) + shrink).</summary>
    Cosine,

    /// <summary>n(ab) / (n(a) + n(b) − n(ab) + shrink).</summary>
    Jaccard,

    /// <summary>n(ab)·N / (n(a)·n(b) + shrink·N): of rare items drawn towards 0.</summary>
    Lift,
}
