using System.Collections.Immutable;
using System.Globalization;
using Millrace.Learning.DuckDb;

namespace Millrace.Learning.Attribution;

/// <summary>
/// Joins what was read: which event is of which placed item. An event that names its decision is of that one, at its own slot and rank where the decision placed the item more than once; a
/// clock behind may date it before its decision. One that names none is of decisions that placed its item for the same user, or session, within the window before it. Every join and sort may
/// spill: memory is the store's.
/// </summary>
/// <param name="store">Holds the tables of a <see cref="LabelStage"/>, which is complete.</param>
/// <param name="outcomes">In the order of the stage.</param>
internal sealed class LabelJoin(DuckDbSession store, ImmutableArray<OutcomeDefinition> outcomes)
{
    /// <summary>A body that was asked for later is not what the person waited for.</summary>
    public static readonly TimeSpan DeliveryWindow = TimeSpan.FromHours(1);

    /// <summary>Makes the tables from which slices are written.</summary>
    public void Run()
    {
        store.Execute(string.Create(CultureInfo.InvariantCulture, $"""
            create table outcomes as select * from (values {string.Join(", ", outcomes.Select((outcome, i) => string.Create(
                CultureInfo.InvariantCulture, $"({i}::integer, {(long)outcome.Window.TotalMicroseconds}::bigint, '{outcome.Touch}')")))}) t(outcome, lasts, touch);
            """));

        // The journal takes a fact once; a record that is there twice all the same, of a restored copy say, counts by its first.
        Once("placed", "key");
        Once("events", "id");
        Once("delivered", "id");
        store.Execute($"""
            create table named as
                select e.seq, e.outcome, e.time, e.received, e.value, p.place, p.time as decided from events e join placed p on p.key = e.key and p.item = e.item and not p.twin
                union all
                select e.seq, e.outcome, e.time, e.received, e.value, p.place, p.time as decided from events e join placed p on p.key = e.key and p.item = e.item and p.twin
                qualify {First("e.seq, e.outcome", "coalesce(e.slot = p.slot, false) desc, coalesce(e.rank = p.rank, false) desc, p.place")};
            create table touched as
                with near as (
                    {Near("usr")} union {Near("session")})
                select seq, outcome, time, received, value, place, decided from near where touch = 'Last' qualify {First("seq, outcome", "decided desc, place desc")}
                union all
                select seq, outcome, time, received, value, place, decided from near where touch = 'First' qualify {First("seq, outcome", "decided, place")}
                union all
                select seq, outcome, time, received, value, place, decided from near where touch = 'All' qualify {First("seq, outcome, key", "place")};
            create table attributed as
                select a.seq, a.outcome, a.time, a.received, a.value, a.place, a.decided, a.received > a.decided + o.lasts as late
                from (select * from named union all select * from touched) a join outcomes o on o.outcome = a.outcome and a.time <= a.decided + o.lasts order by decided;
            create table fetched as
                select p.place, p.time as decided, d.delivery, d.ttfb_us / 1000.0 as ttfb_ms
                from delivered d join placed p on p.key = d.key and p.item = d.item
                where d.time <= p.time + {(long)DeliveryWindow.TotalMicroseconds} and (not p.twin or d.rank is null or d.rank = p.rank)
                qualify {First("p.place", "d.time, d.seq")}
            """);
    }

    /// <summary>Writes the labels of a slice.</summary>
    /// <param name="span">The slice.</param>
    /// <param name="through">How far the journal was read, in µs.</param>
    /// <param name="path">Of the file.</param>
    /// <param name="metadata">What stands in it.</param>
    public void Write(LabelSpan span, long through, string path, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var within = string.Create(CultureInfo.InvariantCulture, $">= {span.From.Value} and {{0}} < {span.To.Value}");
        string In(string column) => $"{column} {string.Format(CultureInfo.InvariantCulture, within, column)}";
        var (values, columns) = (new List<string>(), new List<string>());
        for (var i = 0; i < outcomes.Length; i++)
        {
            var (outcome, closed) = (outcomes[i], string.Create(CultureInfo.InvariantCulture, $"(p.time + {(long)outcomes[i].Window.TotalMicroseconds} <= {through})"));
            values.Add(string.Create(CultureInfo.InvariantCulture, $"{ValueOf(outcome)} filter (outcome = {i}){(outcome.Value == OutcomeValue.Any ? "" : " / 1e6")} as v{i}, bool_or(late) filter (outcome = {i}) as l{i}"));
            columns.Add(string.Create(CultureInfo.InvariantCulture, $"""
                case when o.v{i} is not null then o.v{i} when {closed} then {outcome.Default:R}::double end as {DuckDbSession.Name(outcome.Name)},
                    {closed} as {DuckDbSession.Name(LabelFiles.ClosedOf(outcome.Name))}, coalesce(o.l{i}, false) as {DuckDbSession.Name(LabelFiles.LateOf(outcome.Name))}
                """));
        }

        store.Execute($$"""
            copy (
                select p.decision, p.key, p.time, p.item, p.slot, p.rank, p.surface, coalesce(p.usr, p.session) as person, p.policy, p.model, null::varchar as arm,
                    p.propensity, p.explorable, p.explored, p.rung, p.mode, d.delivery, d.ttfb_ms, {{string.Join(", ", columns)}}
                from (select * from placed where {{In("time")}}) p
                left join (select place, {{string.Join(", ", values)}} from attributed where {{In("decided")}} group by place) o on o.place = p.place
                left join (select * from fetched where {{In("decided")}}) d on d.place = p.place
                order by p.time, p.key, p.place
            ) to {{DuckDbSession.Text(path)}} (format parquet, compression zstd, row_group_size 122880,
                kv_metadata { {{string.Join(", ", metadata.Select(pair => $"{DuckDbSession.Name(pair.Key)}: {DuckDbSession.Text(pair.Value)}"))}} })
            """);
    }

    /// <summary>Exact in every order: sums are of whole millionths.</summary>
    private static string ValueOf(OutcomeDefinition outcome) => outcome.Value switch
    {
        OutcomeValue.Any => "max(1.0::double)",
        OutcomeValue.First => "first(value order by time, received, seq)",
        OutcomeValue.Sum => "sum(value)",
        OutcomeValue.Max => "max(value)",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };

    private static string First(string of, string by) => $"row_number() over (partition by {of} order by {by}) = 1";

    private static string Near(string who) => $"""
        select e.seq, e.outcome, e.time, e.received, e.value, o.touch, p.place, p.key, p.time as decided
        from events e join outcomes o on o.outcome = e.outcome and o.touch <> 'None'
        join placed p on p.item = e.item and p.{who} = e.{who} and p.time <= e.time and e.time <= p.time + o.lasts
        where e.key is null
        """;

    private void Once(string table, string key) => store.Execute($"""
        create temp table twice as select {key}, min(seq) as seq from (select distinct {key}, seq from {table}_raw) group by {key} having count(*) > 1;
        create table {table} as select r.* from {table}_raw r where not exists (select 1 from twice t where t.{key} = r.{key} and t.seq <> r.seq);
        drop table {table}_raw;
        drop table twice
        """);
}
