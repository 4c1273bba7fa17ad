using System.Collections.Immutable;
using System.Globalization;
using Millrace.Learning.DuckDb;

namespace Millrace.Learning.Attribution;

/// <summary>Counts what a join came to, in the slices that were written.</summary>
/// <param name="store">Holds the tables of a <see cref="LabelJoin"/> that has run.</param>
/// <param name="spans">The slices that were written.</param>
internal sealed class LabelTally(DuckDbSession store, IReadOnlyList<LabelSpan> spans)
{
    /// <summary>How many decisions and rows there are, and of how many rows a delivery is known.</summary>
    public (long Decisions, long Rows, long Delivered) All()
    {
        var all = (0L, 0L, 0L);
        store.Read($"select count(distinct seq), count(*), (select count(*) from fetched where {Within("decided")}) from placed where {Within("time")}", row => all = (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)));
        return all;
    }

    /// <summary>What there is of each outcome.</summary>
    public IReadOnlyDictionary<string, OutcomeReport> ByOutcome(ImmutableArray<OutcomeDefinition> outcomes, ImmutableArray<OutcomeCounts> read, long through)
    {
        var reports = new SortedDictionary<string, OutcomeReport>(StringComparer.Ordinal);
        for (var i = 0; i < outcomes.Length; i++)
        {
            var window = (long)outcomes[i].Window.TotalMicroseconds;
            var (labelled, late) = Pair($"select count(*), count(*) filter (late) from (select place, bool_or(late) as late from attributed where outcome = {i} and {Within("decided")} group by place)");
            reports.Add(outcomes[i].Name, new OutcomeReport
            {
                Closed = Pair(string.Create(CultureInfo.InvariantCulture, $"select count(*), 0 from placed where {Within("time")} and time + {window} <= {through}")).First,
                Labelled = labelled,
                Late = late,
                Events = read[i].Events,
                Unknown = Pair($"select count(*), 0 from events e where e.outcome = {i} and e.key is not null and {Within("e.time")} and not exists (select 1 from placed p where p.key = e.key)").First,
                NotPlaced = Pair($"select count(*), 0 from events e where e.outcome = {i} and e.key is not null and {Within("e.time")} and exists (select 1 from placed p where p.key = e.key) and not exists (select 1 from placed p where p.key = e.key and p.item = e.item)").First,
                After = Pair(string.Create(CultureInfo.InvariantCulture, $"select count(*), 0 from named where outcome = {i} and {Within("decided")} and time > decided + {window}")).First,
                Untouched = Pair($"select count(*), 0 from events e where e.outcome = {i} and e.key is null and {Within("e.time")} and not exists (select 1 from touched t where t.outcome = {i} and t.seq = e.seq)").First,
                Unvouched = read[i].Unvouched,
                Withheld = read[i].Withheld,
                OtherUnit = read[i].OtherUnit,
                DelaySeconds = Delays(i),
            });
        }

        return reports;
    }

    /// <summary>From counts by second: exact, and no more than the window has seconds.</summary>
    private DelayQuantiles? Delays(int outcome)
    {
        var (seconds, counts, sum) = (new List<long>(), new List<long>(), 0L);
        store.Read($"select greatest(0, (time - decided) // 1000000) as delay, count(*) from attributed where outcome = {outcome} and {Within("decided")} group by delay order by delay", row =>
        {
            seconds.Add(row.GetInt64(0));
            counts.Add(sum += row.GetInt64(1));
        });
        long At(double share) => seconds[counts.FindIndex(count => count >= share * sum)];
        return sum == 0 ? null : new DelayQuantiles(At(0.5), At(0.9), At(0.99), seconds[^1]);
    }

    private string Within(string column) => spans.Count == 0 ? "false" : $"({string.Join(" or ", Runs().Select(run => string.Create(CultureInfo.InvariantCulture, $"{column} >= {run.From} and {column} < {run.To}")))})";

    /// <summary>Slices that follow each other, as one.</summary>
    private IEnumerable<(long From, long To)> Runs()
    {
        for (var i = 0; i < spans.Count;)
        {
            var (from, to) = (spans[i].From.Value, spans[i].To.Value);
            while (++i < spans.Count && spans[i].From.Value == to)
            {
                to = spans[i].To.Value;
            }

            yield return (from, to);
        }
    }

    private (long First, long Second) Pair(string sql)
    {
        var pair = (0L, 0L);
        store.Read(sql, row => pair = (row.GetInt64(0), row.GetInt64(1)));
        return pair;
    }
}
