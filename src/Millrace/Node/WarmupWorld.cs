using System.Collections.Immutable;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Node;

/// <summary>Some items and what some sessions did with them, so that a warm-up has something to decide among. In memory of its own; nothing of it is seen.</summary>
internal static class WarmupWorld
{
    /// <summary><c>session-0</c> and on.</summary>
    internal const int Sessions = 8;

    private const int Items = 64;
    private const int Events = 400;
    private const long StepMicros = 1_000;

    /// <summary>What serves, but for items and persons, which are these.</summary>
    internal static Serving In(Serving serving)
    {
        FeatureSet features = serving.Policies.Features;
        UnixMicros now = serving.Snapshot().Time + TimeSpan.FromSeconds(1);
        var folder = new FeatureFolder(features, new FeatureOptions { MaxItems = Items, MaxSessions = Sessions });
        var persons = new EmbeddedPersonStore(features.Persons, partitions: 1, maxPersons: 2 * Sessions);
        for (int item = 0; item < Items; item++) folder.Apply(Stored(JournalStream.Items, item, Item(item, now)));
        for (int i = 0; i < Events; i++)
        {
            StoredFact stored = Stored(JournalStream.Events, i, Event(i, now));
            folder.Apply(stored);
            persons.Observe(stored);
        }

        FeatureSnapshot snapshot = folder.Freeze(now + TimeSpan.FromSeconds(1));
        return serving with { Snapshot = () => snapshot, Persons = persons, Neighbours = null };
    }

    private static StoredFact Stored(JournalStream stream, long offset, Fact fact) => new(new Position(stream, 0, offset), fact);

    private static ItemChanged Item(int item, UnixMicros now) => new()
    {
        Id = "",
        Item = $"item-{item}",
        Kind = item % 3 == 0 ? "video" : "article",
        Provider = $"provider-{item % 7}",
        Published = now,
        Time = now,
        Received = now,
        Attributes = ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal).Add("title", [$"words of item {item}"]),
    };

    private static Observed Event(int i, UnixMicros now) => new()
    {
        Id = "",
        Event = i % 4 == 0 ? "click" : "impression",
        Item = $"item-{i * 7 % Items}",
        Session = $"session-{i % Sessions}",
        Rank = 1 + (i % 10),
        Time = new UnixMicros(now.Value + (i * StepMicros)),
        Received = new UnixMicros(now.Value + (i * StepMicros)),
    };
}
