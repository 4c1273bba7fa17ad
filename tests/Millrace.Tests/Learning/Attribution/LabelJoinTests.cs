using System.Collections.Immutable;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Millrace.Features.Numerics;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Labels;
using Millrace.Learning.Attribution;

namespace Millrace.Tests.Learning.Attribution;

public sealed class LabelJoinTests
{
    private const int Items = 5;
    private const int Seconds = 4_000;

    private static readonly UnixMicros Start = UnixMicros.From(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private static readonly ImmutableArray<OutcomeDefinition> Outcomes =
    [
        new("any", "a", TimeSpan.FromSeconds(600)),
        new("first", "a", TimeSpan.FromSeconds(900)) { Value = OutcomeValue.First, Touch = OutcomeTouch.First, Default = -1 },
        new("sum", "b", TimeSpan.FromSeconds(1_200)) { Value = OutcomeValue.Sum, Touch = OutcomeTouch.All, Unit = "s" },
        new("max", "b", TimeSpan.FromSeconds(300)) { Value = OutcomeValue.Max, Touch = OutcomeTouch.None },
    ];

    private static readonly Gen<Fact> Decision = Gen.Select(Gen.Int[0, 40], Gen.Int[0, Seconds], Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[0, Items - 1].Array[1, 3], Gen.Int[0, Items - 1].Array[0, 2]).Select(
        (id, at, user, session, first, second) => (Fact)new Decided
        {
            Id = $"d{id}",
            Surface = "home",
            Policy = "home@1",
            Time = At(at + 1),
            Asked = At(at + (id / 100.0)), // No two at one time.
            Received = At(at + 1),
            User = user == 0 ? null : $"u{user}",
            Session = session == 0 ? null : $"s{session}",
            Slots = [new DecidedSlot("main", Placed(first)), new DecidedSlot("side", Placed(second))],
        });

    private static readonly Gen<Fact> Event = Gen.Select(
        Gen.Select(Gen.Int[0, 200], Gen.Int[0, Seconds], Gen.Int[0, 2].Select(i => i * i * 500), Gen.Bool),
        Gen.Select(Gen.Int[-1, 20], Gen.Int[0, Items - 1], Gen.Int[0, 3], Gen.Int[0, 2]),
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 2], Gen.Long[-5_000_000, 5_000_000], Gen.Int[0, 9])).Select((time, what, who) => (Fact)new Observed
        {
            Id = $"e{time.Item1}",
            Event = time.Item4 ? "a" : "b",
            Item = $"i{what.Item2}",
            Decision = what.Item1 < 0 ? null : $"d{what.Item1 * 2}",
            Rank = what.Item3 == 0 ? null : what.Item3,
            Slot = what.Item4 switch { 0 => null, 1 => "main", _ => "side" },
            Time = At(time.Item2 + (time.Item1 / 1_000.0) + 0.0005),
            Received = At(time.Item2 + time.Item3 + 2),
            User = who.Item1 == 0 ? null : $"u{who.Item1}",
            Session = who.Item2 == 0 ? null : $"s{who.Item2}",
            ValueMicros = who.Item4 == 0 ? null : who.Item3,
            Unit = who.Item4 == 1 ? "EUR" : "s",
            Unvouched = who.Item4 == 2,
            Withheld = who.Item4 == 3,
        });

    private static readonly Gen<Fact> Delivery = Gen.Select(Gen.Int[0, 40], Gen.Int[0, Seconds], Gen.Int[0, 40], Gen.Int[0, Items - 1], Gen.Int[0, 3]).Select((id, at, decision, item, rank) => (Fact)new Delivered
    {
        Id = $"v{id}",
        Route = "/",
        Decision = $"d{decision}",
        Item = $"i{item}",
        Rank = rank == 0 ? null : rank,
        Outcome = id % 2 == 0 ? "hit" : "miss",
        TimeToFirstByte = TimeSpan.FromMicroseconds(1_000 * id),
        Time = At(at + (id / 100.0)),
        Received = At(at + 1),
    });

    /// <summary>Every row is what looking at all events for it gives; in slices, across their borders, with duplicates, and events before and after the time that is built.</summary>
    [Fact]
    public void Labels_are_those_of_brute_force() =>
        Gen.Select(Decision.Array[1, 25], Event.Array[0, 60], Delivery.Array[0, 20], Gen.Int[700, 5_000]).Sample(
            (decisions, events, deliveries, slice) => CheckAsync(Once([.. decisions, .. events, .. deliveries]), slice).GetAwaiter().GetResult(), iter: 60, threads: 1);

    private static async Task CheckAsync(IReadOnlyList<Fact> facts, int slice)
    {
        await using var journal = new MemoryJournal(new FakeTimeProvider());
        await journal.AppendAsync(facts);
        using var folder = new LabelFolder();
        var (from, to) = (At(500), At(3_500));
        var request = new LabelRequest { From = from, To = to, Into = folder.Path, Outcomes = Outcomes, Tenant = "default", Slice = TimeSpan.FromSeconds(slice) };
        var report = await new LabelRun(journal, Person, request).RunAsync(TestContext.Current.CancellationToken);
        var expected = new LabelOracle(facts, Outcomes).Rows(from, to).OrderBy(Key, StringComparer.Ordinal).ToArray();
        var rows = LabelRow.Read(folder.Path, "any", "first", "sum", "max");
        Assert.Equal(expected.Length, report.Rows);
        Assert.Equal(expected, rows.Select(row => row with { Person = null }).OrderBy(Key, StringComparer.Ordinal));
    }

    private static string Key(LabelRow row) => $"{row.Decision} {row.Slot} {row.Rank}";

    private static long Person(string subject) => unchecked((long)StableHash.Of(subject));

    /// <summary>A copy of a fact, of the same id, comes again later, and counts nothing.</summary>
    private static List<Fact> Once(IEnumerable<Fact> facts)
    {
        var once = facts.DistinctBy(fact => fact.Id).ToList();
        return [.. once.OrderBy(fact => fact.Received.Value).ThenBy(fact => fact.Id, StringComparer.Ordinal)];
    }

    private static ImmutableArray<DecidedItem> Placed(int[] items) => [.. items.Distinct().Select(item => new DecidedItem($"i{item}", 1, 0.5, false, true, 1))];

    private static UnixMicros At(double seconds) => Start + TimeSpan.FromSeconds(seconds);
}
