using System.Globalization;
using Millrace.Features.Numerics;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Bench.Labels;

/// <summary>A day of decisions and what came of them, made as it is read: ten items each, an impression of every one and a click in every third decision, in four partitions.</summary>
/// <param name="decisions">How many.</param>
internal sealed class GeneratedJournal(int decisions) : IJournalReader
{
    public const int Places = 10;
    private const int Parts = 4;
    private const int EventsEach = Places + 1;

    public static readonly UnixMicros Start = UnixMicros.From(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    public static readonly TimeSpan Length = TimeSpan.FromDays(1);

    public int Partitions(JournalStream stream) => stream == JournalStream.Control ? 1 : Parts;

    public PartitionRange Range(JournalStream stream, int partition) => new(0, stream switch
    {
        JournalStream.Decisions => decisions / Parts,
        JournalStream.Events => decisions / Parts * EventsEach,
        _ => 0,
    });

    public ValueTask<IReadOnlyList<StoredFact>> ReadAsync(JournalStream stream, int partition, long from, int maxFacts, CancellationToken cancellation = default)
    {
        var facts = new StoredFact[Math.Max(0, Math.Min(maxFacts, Range(stream, partition).End - from))];
        for (var i = 0; i < facts.Length; i++)
        {
            facts[i] = new StoredFact(new Position(stream, partition, from + i), stream == JournalStream.Decisions ? Decided(Number(from + i, partition)) : Observed(from + i, partition));
        }

        return ValueTask.FromResult<IReadOnlyList<StoredFact>>(facts);
    }

    public async ValueTask<long> SeekAsync(JournalStream stream, int partition, UnixMicros time, CancellationToken cancellation = default)
    {
        var (low, high) = (0L, Range(stream, partition).End);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = (await ReadAsync(stream, partition, middle, 1, cancellation))[0].Fact.Received < time ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    public static UnixMicros TimeOf(long decision, int decisions) => Start + TimeSpan.FromTicks(Length.Ticks / decisions * decision);

    public static string IdOf(long decision) => string.Create(CultureInfo.InvariantCulture, $"0193f0a7-decision-{decision:D12}");

    public static string ItemOf(long decision, int place) => string.Create(CultureInfo.InvariantCulture, $"item-{(StableHash.Mix((ulong)decision) % 9_973 * Places) + (ulong)place}");

    private static long Number(long offset, int partition) => (offset * Parts) + partition;

    private Decided Decided(long n) => new()
    {
        Id = IdOf(n),
        Surface = "home",
        Policy = "home@1",
        Session = SessionOf(n),
        Time = TimeOf(n, decisions),
        Asked = TimeOf(n, decisions),
        Received = TimeOf(n, decisions),
        Slots = [new DecidedSlot("main", [.. Enumerable.Range(0, Places).Select(place => new DecidedItem(ItemOf(n, place), 1, 0.5, false, true, 1))])],
    };

    private Observed Observed(long offset, int partition)
    {
        var (n, k) = (Number(offset / EventsEach, partition), (int)(offset % EventsEach));
        var time = TimeOf(n, decisions) + TimeSpan.FromSeconds(2);
        return new Observed
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"e{n}-{k}"),
            Event = k < Places ? "impression" : n % 3 == 0 ? "click" : "other",
            Item = ItemOf(n, k < Places ? k : (int)(n % Places)),
            Decision = IdOf(n),
            Session = SessionOf(n),
            Rank = k < Places ? k + 1 : (int)(n % Places) + 1,
            Time = time,
            Received = time,
        };
    }

    private static string SessionOf(long n) => string.Create(CultureInfo.InvariantCulture, $"s{n / 8}");
}
