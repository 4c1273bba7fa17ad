using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Features;

/// <summary>What a snapshot must say, recounted from the facts as plainly as can be: no buckets are taken back, no rows, no sharing.</summary>
/// <param name="facts">In an order that keeps each partition's.</param>
/// <param name="until">Where windows end, unless a fact is later.</param>
internal sealed class FoldOracle(IReadOnlyList<StoredFact> facts, UnixMicros until)
{
    private static readonly long Idle = (long)new FeatureOptions().SessionIdle.TotalMicroseconds;

    private readonly long _end = Math.Max(until.Value, facts.Select(stored => TimeOf(stored.Fact)).DefaultIfEmpty().Max());

    /// <summary>Items of the catalogue, one line each, in ordinal order of id.</summary>
    public IEnumerable<string> Items() => Catalogue().Select(item =>
        $"{item.Last.Item} {item.Last.Provider} {item.Last.Kind} {item.Last.Published} {item.Last.Expires} {new UnixMicros(item.First)} {item.Last.Deleted}");

    /// <summary>Those that may be shown now, newest first.</summary>
    public IEnumerable<string> Recent(int most) => Catalogue()
        .Select(item => (item.Last, Born: item.Last.Published?.Value ?? item.First))
        .Where(item => !item.Last.Deleted && item.Born <= _end && !(item.Last.Expires?.Value <= _end))
        .OrderByDescending(item => item.Born).ThenBy(item => item.Last.Item, StringComparer.Ordinal)
        .Take(most).Select(item => item.Last.Item);

    public IEnumerable<string> Summed(string name, TimeSpan window, int buckets)
    {
        var width = (long)window.TotalMicroseconds / buckets;
        return Events(name)
            .Where(fact => TimeOf(fact) / width > (_end / width) - buckets)
            .GroupBy(fact => fact.Item)
            .Select(item => $"{item.Key}:{item.Count()}:{item.Count()}")
            .Order(StringComparer.Ordinal);
    }

    public IEnumerable<string> Counted(string name, TimeSpan window, int buckets, string? segment = null) => Counted(
        Events(name).Where(fact => segment is null || fact.Segment == segment).Select(fact => (fact.Item, TimeOf(fact))), window, buckets);

    /// <summary>Sums of 2^(age in half-lives) weights, each cut to twelve bits, as the sum at the beginning of the newest half-life in units of 2^−19.</summary>
    public IEnumerable<string> Decayed(string name, TimeSpan halfLife)
    {
        var length = (long)halfLife.TotalMicroseconds;
        return Events(name)
            .GroupBy(fact => fact.Item, TimeOf)
            .Select(item => (item.Key, Sum: item.Select(time => (Age: (_end / length) - (time / length), Part: time % length * 4096 / length))
                .Where(entry => entry.Age < DecayedSums.Kept)
                .Sum(entry => (long)Math.Round(4096 * Math.Pow(2, entry.Part / 4096.0)) << (int)(DecayedSums.Kept - 1 - entry.Age))))
            .Where(item => item.Sum != 0)
            .Select(item => $"{item.Key}:{item.Sum}:{BitConverter.DoubleToInt64Bits(item.Sum):x}")
            .Order(StringComparer.Ordinal);
    }

    public IEnumerable<string> LastTimes(string name, TimeSpan window) => Events(name)
        .GroupBy(fact => fact.Item, TimeOf)
        .Where(item => item.Max() > _end - (long)window.TotalMicroseconds)
        .Select(item => $"{item.Key}:{item.Max()}")
        .Order(StringComparer.Ordinal);

    public IEnumerable<string> Pairs(TimeSpan window, int span)
    {
        var pairs = new List<(string, long)>();
        foreach (var partition in facts.Where(stored => stored.Fact is Observed).GroupBy(stored => stored.Position.Partition))
        {
            var clock = long.MinValue;
            var sessions = new Dictionary<string, (List<string> Run, long Last, long Touched)>(StringComparer.Ordinal);
            foreach (var click in partition.Select(stored => (Observed)stored.Fact))
            {
                var time = TimeOf(click);
                clock = Math.Max(clock, time);
                if (click.Event != "click")
                {
                    continue;
                }

                var known = sessions.TryGetValue(click.Session!, out var session) && session.Touched >= clock - Idle;
                if (known && time < session.Last - Idle)
                {
                    sessions[click.Session!] = session with { Touched = clock };
                    continue;
                }

                var run = known && time <= session.Last + Idle ? session.Run : [];
                if (!run.Contains(click.Item))
                {
                    pairs.AddRange(run.Take(span).SelectMany(other => new[] { ($"{other}>{click.Item}", time), ($"{click.Item}>{other}", time) }));
                }

                run.Remove(click.Item);
                run.Insert(0, click.Item);
                sessions[click.Session!] = (run, known ? Math.Max(session.Last, time) : time, clock);
            }
        }

        return Counted(pairs, window, 48);
    }

    public static long TimeOf(Fact fact) => fact.Time.Value == 0 ? fact.Received.Value : Math.Min(fact.Time.Value, fact.Received.Value);

    private IEnumerable<string> Counted(IEnumerable<(string Key, long Time)> events, TimeSpan window, int buckets)
    {
        var width = (long)window.TotalMicroseconds / buckets;
        return events
            .Where(entry => entry.Time / width > (_end / width) - buckets)
            .GroupBy(entry => entry.Key, entry => entry.Time)
            .Select(entry => $"{entry.Key}:{entry.Count()}:{entry.Max()}")
            .Order(StringComparer.Ordinal);
    }

    private IEnumerable<Observed> Events(string name) => facts.Select(stored => stored.Fact).OfType<Observed>().Where(fact => fact.Event == name);

    private IEnumerable<(ItemChanged Last, long First)> Catalogue() => facts.Select(stored => stored.Fact).OfType<ItemChanged>()
        .GroupBy(fact => fact.Item)
        .OrderBy(item => item.Key, StringComparer.Ordinal)
        .Select(item => (item.Last(), item.Min(TimeOf)));
}
