using System.Collections.Immutable;
using System.Globalization;
using Millrace.Decisions;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.World;
using Millrace.World.Items;

namespace Millrace.WorldRuns;

/// <summary>What a world tells a node, as the facts and requests that its API would make of it.</summary>
internal static class WorldFacts
{
    public const string Surface = "home";

    /// <summary>The key of the request's context that names the visitor's country.</summary>
    public const string Country = "country";

    /// <summary>The countries of a scenario's visitors.</summary>
    public static IEnumerable<string> Countries => Enumerable.Range(0, WorldScenarios.Countries).Select(CountryOf);

    private static readonly UnixMicros Start = UnixMicros.From(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public static ItemChanged Of(WorldItem item, TimeSpan now) => new()
    {
        Id = item.Id,
        Item = item.Id,
        Kind = "article",
        Provider = "provider-" + Text(item.Provider),
        Published = Start + item.Born,
        Expires = Start + item.Dies,
        Time = Start + now,
        Received = Start + now,
        Attributes = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, new Dictionary<string, ImmutableArray<string>>
        {
            [Country] = [CountryOf(item.Country)],
            ["topic"] = [.. new[] { item.Topic, item.SecondTopic }.Distinct().Select(topic => "topic-" + Text(topic))],
        }),
    };

    public static DecideRequest Of(WorldView view) => new()
    {
        DecisionId = NameOf(view),
        Surface = Surface,
        User = view.Visit.User.Id,
        Session = SessionOf(view),
        Time = Start + view.Time,
        Context = ContextOf(view),
    };

    public static IEnumerable<Observed> Of(WorldView view, ViewOutcome outcome)
    {
        Observed Event(string type, TimeSpan? dwell = null) => new()
        {
            Id = $"{NameOf(view)}-{Text(outcome.Rank)}-{type}",
            Event = type,
            Item = outcome.Item.Id,
            Decision = NameOf(view),
            Surface = Surface,
            Rank = outcome.Rank,
            ValueMicros = dwell is { } stayed ? (long)stayed.TotalMicroseconds : null,
            Unit = dwell is null ? null : "s",
            Attested = true,
            Time = Start + view.Time,
            Received = Start + view.Time,
            User = view.Visit.User.Id,
            Session = SessionOf(view),
            Segment = CountryOf(view.Visit.User.Country),
            Context = ContextOf(view),
        };

        yield return Event("impression");
        if (outcome.Clicked)
        {
            yield return Event("click");
            yield return Event("dwell", outcome.Dwell);
        }
    }

    private static ImmutableSortedDictionary<string, string> ContextOf(WorldView view) =>
        FactContext.None.SetItem(Country, CountryOf(view.Visit.User.Country));

    private static string SessionOf(WorldView view) => "s" + Text(view.Visit.Index);

    private static string NameOf(WorldView view) => $"{Text(view.Visit.Index)}-{Text(view.Number)}";

    private static string CountryOf(int country) => "country-" + Text(country);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
