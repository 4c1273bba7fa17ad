using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Bench.FeaturesAsOf;

/// <summary>How large a synthetic log is; the same numbers give the same log.</summary>
internal sealed record LogSize(int Events, int Decisions, int Items, int Users, ulong Seed)
{
    /// <summary>What issue 4 promises: 10 M events, 1 M rows of 10 items to a decision.</summary>
    public static LogSize Full { get; } = new(10_000_000, 1_000_000 / SyntheticLog.SlateItems, 100_000, 200_000, 7);
}

/// <param name="Time">Not before that of the event before.</param>
/// <param name="User">Its number.</param>
/// <param name="Item">Its number; the smaller, the more frequent.</param>
/// <param name="IsClick">Else an impression.</param>
internal readonly record struct SyntheticEvent(UnixMicros Time, int User, int Item, bool IsClick);

/// <param name="Time">Not before that of the decision before.</param>
/// <param name="User">Its number.</param>
/// <param name="Items">Their numbers, best first.</param>
internal readonly record struct SyntheticDecision(UnixMicros Time, int User, int[] Items);

/// <summary>
/// Thirty days of events and of decisions, streamed: items by Zipf's law with exponent 1, users evenly, every tenth event a click. Two events may have one time; no decision has the
/// time of an event, so that "before" has one meaning.
/// </summary>
internal sealed class SyntheticLog(LogSize size)
{
    public const int SlateItems = 10;
    private const int ClickEvery = 10;
    public static readonly UnixMicros Start = new(1_790_000_000_000_000);
    public static readonly TimeSpan Length = TimeSpan.FromDays(30);
    private readonly double[] _zipf = Cumulative(size.Items);

    public LogSize Size => size;

    public IEnumerable<SyntheticEvent> Events()
    {
        var random = new Random(unchecked((int)size.Seed));
        for (var i = 0L; i < size.Events; i++)
        {
            yield return new SyntheticEvent(TimeOf(i, size.Events), random.Next(size.Users), Item(random), random.Next(ClickEvery) == 0);
        }
    }

    public IEnumerable<SyntheticDecision> Decisions()
    {
        var random = new Random(unchecked((int)size.Seed + 1));
        for (var i = 0L; i < size.Decisions; i++)
        {
            var time = TimeOf(i, size.Decisions) + TimeSpan.FromMicroseconds(1);
            yield return new SyntheticDecision(time, random.Next(size.Users), [.. Enumerable.Range(0, SlateItems).Select(_ => Item(random))]);
        }
    }

    /// <summary>The events as a node would have written them.</summary>
    public IEnumerable<Observed> EventFacts() => Events().Select((e, i) => new Observed
    {
        Id = $"e{i}",
        Time = e.Time,
        Received = e.Time,
        Event = e.IsClick ? "click" : "impression",
        Item = ItemId(e.Item),
        User = UserId(e.User),
        Session = $"s{e.User}",
    });

    /// <summary>The decisions as a node would have written them, slim.</summary>
    public IEnumerable<Decided> DecisionFacts() => Decisions().Select((d, i) => new Decided
    {
        Id = DecisionId(i),
        Time = d.Time,
        Received = d.Time,
        Asked = d.Time,
        Surface = "home",
        Policy = "home@1",
        User = UserId(d.User),
        Session = $"s{d.User}",
        Slots = [new DecidedSlot("main", [.. d.Items.Select(item => new DecidedItem(ItemId(item), 0, 1, false, true, 1))])],
    });

    public static string ItemId(int item) => $"i{item}";

    public static string UserId(int user) => $"u{user}";

    public static string DecisionId(int decision) => $"d{decision}";

    /// <summary>Even microseconds, in pairs of the same.</summary>
    private static UnixMicros TimeOf(long index, long count) =>
        Start + TimeSpan.FromMicroseconds((long)(Length.TotalMicroseconds / count * (index & ~1L)) & ~1L);

    private int Item(Random random)
    {
        var at = Array.BinarySearch(_zipf, random.NextDouble());
        return Math.Min(at < 0 ? ~at : at, _zipf.Length - 1);
    }

    private static double[] Cumulative(int items)
    {
        var sums = new double[items];
        var sum = 0.0;
        for (var i = 0; i < items; i++)
        {
            sums[i] = sum += 1.0 / (i + 1);
        }

        return [.. sums.Select(s => s / sum)];
    }
}
