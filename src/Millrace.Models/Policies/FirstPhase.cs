using System.Collections.Immutable;

namespace Millrace.Models.Policies;

/// <summary>
/// A first phase of ranking: all sources together fill a wide pool, and a cheap head keeps the best of it for the policy's <see cref="Policy.Pool"/>. The wide pool is what the
/// fused lists put first; sources without a weight widen it and add nothing to an item's points.
/// </summary>
/// <param name="Head">What it is cut by: a <see cref="BlendHead"/> or a <see cref="ForestHead"/> of one score, over features and the places in the lists.</param>
/// <param name="From">The most that the wide pool holds.</param>
public sealed record FirstPhase(Head Head, int From = FirstPhase.UsualFrom)
{
    /// <summary>What <see cref="From"/> is unless a policy says otherwise: fourteen lists of 400 name some 1,400 items.</summary>
    public const int UsualFrom = 1500;

    /// <summary>The largest <see cref="From"/>.</summary>
    public const int MostFrom = 5000;

    /// <summary>What the names of inputs begin with that are no features of items but what the lists say.</summary>
    public const string ListPrefix = "list.";

    /// <summary>The sum of what an item's places are worth, by the sources' weights.</summary>
    public const string Points = ListPrefix + "points";

    /// <summary>In how many lists an item is.</summary>
    public const string Lists = ListPrefix + "lists";

    /// <summary>What a forest's score is added to: then the forest has learnt what this leaves to be told. Null for nothing.</summary>
    public BlendHead? Base { get; init; }

    /// <summary>All that it reads, none twice.</summary>
    public ImmutableArray<string> Reads => Base is null ? Head.Reads : [.. Head.Reads.Union(Base.Reads, StringComparer.Ordinal)];

    /// <summary>The features that it reads, in ordinal order; what the lists say is none.</summary>
    public ImmutableArray<string> Features => [.. Reads.Where(static name => !IsOfLists(name)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>Whether the name of an input is one of what the lists say.</summary>
    public static bool IsOfLists(string name) => name.StartsWith(ListPrefix, StringComparison.Ordinal);

    /// <summary>
    /// The input that an item's place in a source's list is read by, such as <c>list.popular.1h.segment</c>: log((take + 10) / (place + 10)) with places from 0 on, missing where the
    /// list does not hold the item.
    /// </summary>
    public static string NameOf(CandidateSource source)
    {
        string kind = source.Kind.ToString();
        string?[] parts =
        [
            char.ToLowerInvariant(kind[0]) + kind[1..],
            source.Feature,
            source.Window is { } window ? Text(window) : null,
            source.Of,
            source.Segment ? "segment" : null,
        ];
        return ListPrefix + string.Join('.', parts.OfType<string>());
    }

    private static string Text(TimeSpan window) => window switch
    {
        { Ticks: var ticks } when ticks % TimeSpan.TicksPerDay == 0 => $"{(long)window.TotalDays}d",
        { Ticks: var ticks } when ticks % TimeSpan.TicksPerHour == 0 => $"{(long)window.TotalHours}h",
        { Ticks: var ticks } when ticks % TimeSpan.TicksPerMinute == 0 => $"{(long)window.TotalMinutes}m",
        _ => $"{(long)window.TotalSeconds}s",
    };
}
