using System.Collections.Immutable;
using Millrace.Features.Numerics;
using Millrace.Features.Text;
using Millrace.Features.Zones;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Features.Kinds;

/// <summary>What features of <see cref="KindSet"/> must be, from the facts and by their definition, in plain floating point; NaN is missing.</summary>
internal sealed class KindOracle(IReadOnlyList<StoredFact> facts, UnixMicros until, Asker who)
{
    private const long Hour = 3_600_000_000;

    private readonly Observed[] _events = [.. facts.Select(stored => stored.Fact).OfType<Observed>()];
    private readonly Dictionary<string, ItemChanged> _items = facts.Select(stored => stored.Fact).OfType<ItemChanged>()
        .GroupBy(fact => fact.Item, StringComparer.Ordinal).ToDictionary(item => item.Key, item => item.Last(), StringComparer.Ordinal);

    internal double Of(string feature, string item) => feature switch
    {
        "sum" => Micros(Of(item, "click", 3, 60, "s")) / 1e6,
        "mean" => Of(item, "click", 3, 60, "EUR") is { Length: > 0 } some ? Micros(some) / 1e6 / some.Length : double.NaN,
        "decayed_sum" => Clicks(item).Where(fact => fact.Unit == "s").Sum(fact => Weight(fact, Hour) * fact.ValueMicros!.Value / 1e6),
        "rate" => Rate(item, 5, static _ => 1),
        "rate_fitted" => Rate(item, 20, static _ => 1),
        "rate_by_rank" => Rate(item, 5, Examination),
        "examined" => Of(item, "impression", 6, 60).Sum(Examination),
        "examined_here" => Of(item, "impression", 3, 60).Where(fact => fact.Surface == who.Surface).Sum(fact => Math.Round(64 * Examination(fact)) / 64),
        "distinct" => Clicks(item).Where(fact => InPanes(fact, 3, 12)).Select(fact => fact.User ?? fact.Session).Distinct().Count(),
        "by_surface" => Of(item, "click", 3, 60).Count(fact => fact.Surface == who.Surface),
        "by_segment" => Of(item, "click", 3, 60) is { Length: > 0 } all ? all.Count(fact => fact.Segment == who.Segment) / (double)all.Length : double.NaN,
        "by_country" => who.Context.TryGetValue("country", out var country) ? Of(item, "click", 3, 60).Count(fact => fact.Context.GetValueOrDefault("country") == country) : double.NaN,
        "by_slot" => who.Slot is { } slot ? Of(item, "click", 3, 60).Count(fact => fact.Slot == slot) : double.NaN,
        "first" => Clicks(item).Where(fact => InPanes(fact, 8, 8)).Select(TimeOf).DefaultIfEmpty(-1).Min() is var first and >= 0 ? Half(until.Value - first, Hour) : double.NaN,
        "last" => Clicks(item).Select(TimeOf).DefaultIfEmpty(-1).Max() is var last && last > until.Value - (2 * Hour) ? (until.Value - last) / (double)Hour : -1,
        "user_count" => Mine("click").Count(fact => InPanes(fact, 5, 24)),
        "user_sum" => Micros(Mine("click").Where(fact => fact.Unit == "EUR" && InPanes(fact, 5, 24))) / 1e6,
        "user_decayed" => Mine("click").Sum(fact => Weight(fact, Hour)),
        "user_age" => Mine("impression").Select(TimeOf).DefaultIfEmpty(-1).Max() is var seen and >= 0 ? (until.Value - seen) / (double)Hour : double.NaN,
        "user_distinct" => Mine("click").Where(fact => TimeOf(fact) > until.Value - (5 * Hour)).Select(fact => fact.Item).Distinct().Count(),
        "past" => Mine("click").Count(fact => fact.Item == item && TimeOf(fact) > until.Value - (9 * Hour)),
        "past_age" => Mine("click").Where(fact => fact.Item == item).Select(TimeOf).DefaultIfEmpty(-1).Max() is var my && my > until.Value - (9 * Hour) ? (until.Value - my) / (double)Hour : double.NaN,
        "provider" => Affinity(item, ProviderOf),
        "topic" => Affinity(item, TopicsOf),
        "top_topic" => TopShare(),
        "title" => Similarity(item, TitleOf),
        "embedding" => Similarity(item, EmbeddingOf),
        "price" => Attribute(item, "price") is [var price] ? double.Parse(price, System.Globalization.CultureInfo.InvariantCulture) : double.NaN,
        "is_t1" => Attribute(item, "topic") is { Length: > 0 } topics ? topics.Contains("t1") ? 1 : 0 : double.NaN,
        "match" => who.Context.TryGetValue("kind", out var kind) && _items[item].Kind is { } own ? own == kind ? 1 : 0 : double.NaN,
        "in_c1" => who.Context.TryGetValue("country", out var place) ? place == "c1" ? 1 : 0 : double.NaN,
        "degrees" => who.Context.TryGetValue("degrees", out var degrees) && double.TryParse(degrees, System.Globalization.CultureInfo.InvariantCulture, out var warm) ? warm : double.NaN,
        "hour" => LocalTime.HourOfDay(until, who.Context.TryGetValue("utcOffset", out var offset) ? int.Parse(offset, System.Globalization.CultureInfo.InvariantCulture) : 0),
        "formula" => Math.Log(1 + Math.Max(0, Of("sum", item))) / (Of("user_count", item) + 1),
        _ => throw new ArgumentOutOfRangeException(nameof(feature), feature, "the oracle does not know it"),
    };

    private static double Examination(Observed fact) => fact.Rank is { } rank ? KindSetWeights[Math.Min(rank, 4) - 1] : 1;

    private static double[] KindSetWeights => [1, 0.6, 0.5, 0.3];

    private static long TimeOf(Observed fact) => FoldOracle.TimeOf(fact);

    private static double Half(double age, double halfLife) => Math.Pow(2, -age / halfLife);

    private static double Micros(IEnumerable<Observed> some) => some.Sum(fact => (double)fact.ValueMicros!.Value);

    private IEnumerable<Observed> Clicks(string item) => _events.Where(fact => fact.Event == "click" && fact.Item == item);

    private Observed[] Of(string item, string name, int hours, int panes, string? unit = null) =>
        [.. _events.Where(fact => fact.Event == name && fact.Item == item && (unit is null || (fact.Unit == unit && fact.ValueMicros is not null)) && InPanes(fact, hours, panes))];

    private IEnumerable<Observed> Mine(string name) => _events.Where(fact => fact.Event == name && who.User is not null && fact.User == who.User);

    private bool InPanes(Observed fact, int hours, int panes)
    {
        var width = hours * Hour / panes;
        return TimeOf(fact) / width > (until.Value / width) - panes;
    }

    private double Weight(Observed fact, long halfLife) => (until.Value / halfLife) - (TimeOf(fact) / halfLife) < 8 ? Half(until.Value - TimeOf(fact), halfLife) : 0;

    private double Rate(string item, double strength, Func<Observed, double> weight)
    {
        var all = _events.Where(fact => InPanes(fact, 6, 60)).ToArray();
        double Of(string? only) => all.Count(fact => fact.Event == "click" && (only is null || fact.Item == only));
        double Per(string? only) => all.Where(fact => fact.Event == "impression" && (only is null || fact.Item == only)).Sum(weight);
        var mean = Per(null) > 0 ? Math.Min(1, Of(null) / Per(null)) : 0;
        return (Of(item) + (strength * mean)) / (Per(item) + strength);
    }

    private IEnumerable<(string Item, double Weight)> Chosen() => Mine("click").GroupBy(fact => fact.Item)
        .Where(item => item.Max(TimeOf) > until.Value - (40 * Hour))
        .Select(item => (item.Key, Half(until.Value - item.Max(TimeOf), 5 * Hour)));

    private string[] ProviderOf(string item) => _items[item].Provider is { } provider ? [provider] : [];

    private string[] TopicsOf(string item) => [.. Attribute(item, "topic").Order(StringComparer.Ordinal).Take(4)];

    private ImmutableArray<string> Attribute(string item, string name) => _items[item].Attributes.TryGetValue(name, out var values) ? values : [];

    private double Affinity(string item, Func<string, string[]> values)
    {
        var chosen = Chosen().Where(one => values(one.Item).Length > 0).ToArray();
        return chosen.Length == 0 || values(item).Length == 0
            ? double.NaN
            : chosen.Where(one => values(one.Item).Intersect(values(item)).Any()).Sum(one => one.Weight) / chosen.Sum(one => one.Weight);
    }

    private double TopShare()
    {
        var chosen = Chosen().Where(one => TopicsOf(one.Item).Length > 0).ToArray();
        return chosen.Length == 0
            ? double.NaN
            : chosen.SelectMany(one => TopicsOf(one.Item).Select(topic => (topic, one.Weight))).GroupBy(one => one.topic).Max(topic => topic.Sum(one => one.Weight))
                / chosen.Sum(one => one.Weight);
    }

    private sbyte[] TitleOf(string item)
    {
        var counts = new int[64];
        foreach (var text in Attribute(item, "title"))
        {
            HashedText.Add(text, counts);
        }

        var vector = new sbyte[64];
        Int8Vector.FromCounts(counts, vector);
        return vector;
    }

    private sbyte[] EmbeddingOf(string item)
    {
        var vector = new sbyte[8];
        return _items[item].Embedding is { Length: 8 } given && Int8Vector.TryFromFloats(given.AsSpan(), vector, out _) ? vector : new sbyte[8];
    }

    private double Similarity(string item, Func<string, sbyte[]> vectorOf)
    {
        var sum = new int[vectorOf(item).Length];
        var last = Mine("click").GroupBy(fact => fact.Item).Select(one => (one.Key, Last: one.Max(TimeOf)))
            .OrderByDescending(one => one.Last).ThenBy(one => ItemHash.Of(one.Key)).Take(20);
        foreach (var (key, _) in last)
        {
            Int8Vector.AddTo(sum, vectorOf(key));
        }

        var person = new sbyte[sum.Length];
        Int8Vector.FromCounts(sum, person);
        return Int8Vector.Cosine(person, vectorOf(item));
    }
}
