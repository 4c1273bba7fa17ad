using System.Collections.Immutable;
using CsCheck;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Features;

/// <summary>
/// Random histories: a catalogue that is put, changed, deleted and put again, with items of the future and items that expire; clicks, purchases and impressions of it,
/// in time and late, with the sender's time or without; minutes between facts, and now and then silences that outlast every window.
/// </summary>
internal static class FoldedHistory
{
    public const int Items = 13;
    private const long Minute = 60_000_000;
    private const long Start = 29_000_000 * Minute;

    private static readonly Gen<int> Gap = Gen.Frequency((8, Gen.Int[0, 9]), (2, Gen.Int[10, 90]), (1, Gen.Int[200, 900]));
    private static readonly Gen<int> Late = Gen.Frequency((6, Gen.Const(0)), (3, Gen.Int[1, 40]), (1, Gen.Int[60, 500]), (1, Gen.Const(-3)));
    private static readonly Gen<int> Offset = Gen.Frequency((1, Gen.Const(0)), (2, Gen.Int[-600, 300]));

    private static readonly Gen<Step> Steps = Gen.Select(
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 1], Gen.Int[0, 4], Gen.Int[0, Items - 1]),
        Gen.Select(Gap, Late, Offset, Offset),
        (who, when) => new Step(who.Item1, who.Item2, who.Item3, who.Item4, when.Item1, when.Item2, when.Item3, when.Item4));

    /// <summary>Facts in the order in which they were received; each item is put before anything happens to it.</summary>
    public static Gen<StoredFact[]> Facts { get; } = Steps.Array[0, 150].Select(Play);

    private static StoredFact[] Play(Step[] steps)
    {
        var player = new Player();
        for (var item = 0; item < Items; item++)
        {
            player.Put($"i{item}", deleted: false, null, null);
        }

        foreach (var step in steps)
        {
            player.Take(step);
        }

        return [.. player.Facts];
    }

    internal sealed record Step(int Kind, int Partition, int Session, int Item, int Gap, int Late, int Published, int Expires);

    private sealed class Player
    {
        private static readonly ImmutableSortedDictionary<string, ImmutableArray<string>> None =
            ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal);

        private readonly Dictionary<(JournalStream, int), long> _offsets = [];
        private long _now = Start;

        public List<StoredFact> Facts { get; } = [];

        public void Take(Step step)
        {
            _now += step.Gap * Minute;
            var item = $"i{step.Item}";
            switch (step.Kind)
            {
                case 0: Put(item, deleted: true, null, null); break;
                case 1: Put(item, deleted: false, step.Published, step.Expires); break;
                default: Observe(step, item); break;
            }
        }

        public void Put(string item, bool deleted, int? published, int? expires) => Add(JournalStream.Items, item[^1] % 2, new ItemChanged
        {
            Id = $"put{Facts.Count}",
            Item = item,
            Deleted = deleted,
            Provider = deleted ? null : $"p{Facts.Count % 4}",
            Kind = deleted || Facts.Count % 5 == 0 ? null : $"k{Facts.Count % 3}",
            Attributes = deleted ? None : AttributesOf(Facts.Count),
            Embedding = deleted || Facts.Count % 3 == 0 ? [] : [.. Enumerable.Range(0, 8).Select(i => (float)(((Facts.Count * (i + 3)) % 7) - 3))],
            Time = new UnixMicros(_now),
            Published = At(published),
            Expires = At(expires),
        });

        private void Observe(Step step, string item) => Add(JournalStream.Events, step.Partition, new Observed
        {
            Id = $"e{Facts.Count}",
            Event = step.Kind switch { 2 => "conversion", 3 => "impression", _ => "click" },
            Item = item,
            Session = $"s{step.Partition}-{step.Session}",
            User = step.Session == 4 ? null : $"u{step.Partition}-{step.Session / 2}",
            ValueMicros = Facts.Count % 3 == 0 ? null : ((Facts.Count * 7_654_321L) % 90_000_000) - 9_000_000,
            Unit = Facts.Count % 3 == 0 ? null : Facts.Count % 3 == 1 ? "s" : "EUR",
            Rank = Facts.Count % 4 == 0 ? null : (Facts.Count % 13) + 1,
            Surface = Facts.Count % 5 == 0 ? null : $"f{Facts.Count % 3}",
            Slot = Facts.Count % 7 == 0 ? "main" : null,
            Context = Facts.Count % 2 == 0 ? FactContext.None : FactContext.None.Add("country", $"c{Facts.Count % 5}"),
            Segment = step.Session == 0 ? null : $"g{step.Session % 2}",
            Time = step.Late == 40 ? default : new UnixMicros(_now - (step.Late * Minute)),
        });

        private static ImmutableSortedDictionary<string, ImmutableArray<string>> AttributesOf(int number)
        {
            var attributes = None.Add("title", [$"word{number % 6} word{number % 4} and more{number % 5}"]).Add("price", [$"{number % 9}.5"]);
            return number % 4 == 0 ? attributes : attributes.Add("topic", [.. Enumerable.Range(0, 1 + (number % 5)).Select(i => $"t{(number + i) % 7}")]);
        }

        private UnixMicros? At(int? minutes) => minutes is { } offset and not 0 ? new UnixMicros(_now + (offset * Minute)) : null;

        private void Add(JournalStream stream, int partition, Fact fact)
        {
            var offset = _offsets.GetValueOrDefault((stream, partition));
            _offsets[(stream, partition)] = offset + 1;
            Facts.Add(new StoredFact(new Position(stream, partition, offset), fact with { Received = new UnixMicros(_now) }));
        }
    }
}
