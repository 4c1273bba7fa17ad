using System.Collections.Immutable;
using Millrace.Demo;
using Millrace.Features.Definitions;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Bench.Features;

/// <summary>A catalogue and events on it, the same in every run: items, users and topics by Zipf's law, a click in ten impressions.</summary>
/// <param name="items">How many items there are.</param>
internal sealed class FeatureWorld(int items)
{
    private const long Start = 1_750_000_000_000_000;
    private static readonly string[] Countries = ["de", "fr", "at", "ch", "it"];
    private static readonly string[] Surfaces = ["home", "article", "search"];
    private readonly int[] _slots = [.. Enumerable.Range(0, items)];
    private ulong _state = 0x9E3779B97F4A7C15;
    private long _offset;

    internal static FeatureSet Features { get; } = FeatureSet.Create(DemoFeatures.All);

    /// <summary>After the last event.</summary>
    internal UnixMicros Time => new(Start + (_offset * 100));

    internal IEnumerable<StoredFact> Catalogue() => _slots.Select(item => new StoredFact(new Position(JournalStream.Items, 0, item), new ItemChanged
    {
        Id = "",
        Item = $"item-{item}",
        Provider = $"provider-{item % 500}",
        Kind = item % 7 == 0 ? "video" : "article",
        Published = new UnixMicros(Start - (item * 1_000_000L)),
        Time = new UnixMicros(Start),
        Received = new UnixMicros(Start),
        Attributes = ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty
            .Add("topic", [$"topic-{item % 97}", $"topic-{item % 31}"])
            .Add("title", [$"word{item % 1009} of word{item % 307} and word{item % 53}"])
            .Add("words", [$"{100 + (item % 900)}"]),
    }));

    /// <summary>An event a tenth of a millisecond after the last.</summary>
    internal StoredFact Event()
    {
        var at = new UnixMicros(Start + (++_offset * 100));
        var kind = Next(100);
        return new StoredFact(new Position(JournalStream.Events, 0, _offset), new Observed
        {
            Id = "",
            Event = kind < 85 ? "impression" : kind < 95 ? "click" : "dwell",
            Item = $"item-{Zipf(items)}",
            User = $"user-{Zipf(100_000)}",
            Session = $"session-{Zipf(100_000)}",
            Surface = Surfaces[Next(Surfaces.Length)],
            Rank = 1 + Next(20),
            Unit = kind < 95 ? null : "s",
            ValueMicros = kind < 95 ? null : 1_000_000L * Next(120),
            Context = FactContext.None.Add("country", Countries[Next(Countries.Length)]),
            Time = at,
            Received = at,
        });
    }

    internal int Next(int below)
    {
        _state ^= _state << 13;
        _state ^= _state >> 7;
        _state ^= _state << 17;
        return (int)(_state % (ulong)below);
    }

    /// <summary>Ranks with a density of 1/rank.</summary>
    private int Zipf(int below) => Math.Min(below - 1, (int)Math.Pow(below, Next(1 << 24) / (double)(1 << 24)));
}
