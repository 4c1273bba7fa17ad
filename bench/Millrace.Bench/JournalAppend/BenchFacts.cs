using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Bench.JournalAppend;

/// <summary>Facts like those that a node writes, with UUIDs and sealed parts.</summary>
internal static class BenchFacts
{
    /// <summary>The i-th event: an impression of one of 5,000 articles.</summary>
    public static Observed Event(int i, int users) => new()
    {
        Id = Uuid(i, 1),
        Time = new UnixMicros(1_790_000_000_000_000 + i),
        Event = "impression",
        Item = $"article-{i % 5000:D6}",
        Decision = Uuid(i, 2),
        Surface = "home",
        Rank = i % 10,
        User = Uuid(i % users, 3),
        Session = Uuid(i % users, 4),
        Segment = "de/mobile",
        Attested = true,
        ValueMicros = i * 1000,
        Unit = "s",
    };

    /// <summary>The i-th decision: slim, a slate of 14.</summary>
    public static Decided Decision(int i, int users)
    {
        var random = new Random(i);
        return new Decided
        {
            Id = Uuid(i, 5),
            Time = new UnixMicros(1_790_000_000_000_000 + i),
            Surface = "home",
            Policy = "home@12",
            Model = "clicks@7",
            Engine = 1,
            Epoch = 123_456 + i,
            Seed = (ulong)random.NextInt64(),
            CandidateCount = 200,
            Slots = [new DecidedSlot("main", [.. Enumerable.Range(0, 14).Select(k => new DecidedItem(Uuid(random.Next(5000), 6), random.NextDouble(), k % 7 == 6 ? 0.0025 : 1 - (random.NextDouble() / 8), k % 7 == 6, true, 6))])],
            User = Uuid(i % users, 3),
            Session = Uuid(i % users, 4),
            Segment = "de/mobile",
        };
    }

    private static string Uuid(int a, int b) => $"0190e5a1-7c1b-7def-8{b:x3}-{a * 2654435761L % 0xFFFF_FFFF_FFFF:x12}";
}
