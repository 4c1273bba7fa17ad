using System.Globalization;
using Millrace.Features.PointInTime;
using Millrace.Features.PointInTime.Parquet;
using Millrace.Learning.Attribution;
using Millrace.Learning.DuckDb;

namespace Millrace.Learning.Training;

/// <summary>The questions that make examples of one slice's files.</summary>
/// <param name="query">Which examples.</param>
/// <param name="files">All files.</param>
internal sealed class ExampleSql(ExampleQuery query, ExampleFiles files)
{
    /// <summary>Columns before the features.</summary>
    public const int Fixed = 9;

    /// <summary>Labels whose windows had closed, whatever else is asked; and how many there are in all.</summary>
    public string Labels(ExampleSlice slice) =>
        $"select count(*), count(*) filter ({DuckDbSession.Name(LabelFiles.ClosedOf(query.Label))}), coalesce(max(time), 0) from read_parquet({DuckDbSession.Files([slice.Labels])}) where {Time(slice)}";

    /// <summary>How many examples there are; how often the most frequent is there, and which one is there more than once.</summary>
    public string Count(ExampleSlice slice) => $"""
        select coalesce(sum(kept), 0)::bigint, coalesce(max(times), 0), min(decision || ' ' || item) filter (times > 1), coalesce(sum(times), 0)::bigint
        from (select decision, item, slot, rank, count(*) as times, count(*) filter (where {Kept()}) as kept from ({Joined(slice)}) group by decision, item, slot, rank)
        """;

    /// <summary>The examples in order: time, decision, person, rank, propensity, label, whether it is another's, hit, wait; then the features.</summary>
    public string Read(ExampleSlice slice) => $"""
        select time, key, coalesce(person, 0), coalesce(rank, 0), coalesce(propensity, 'nan'::double), label::float, other, coalesce(hit, 'nan'::float), coalesce(wait, 'nan'::float){string.Concat(files.Features.Select((_, i) => $", f{i}"))}
        from ({Joined(slice, isWhole: true)}) where {Kept()} order by time, key, slot nulls last, rank nulls last, item
        """;

    private static string Time(ExampleSlice slice) => string.Create(CultureInfo.InvariantCulture, $"time >= {slice.From} and time < {slice.To}");

    private string Joined(ExampleSlice slice, bool isWhole = false)
    {
        var label = DuckDbSession.Name(query.Label);
        var labels = $"select *, {label} as label, {Other()} as other, {Delivered()} from read_parquet({DuckDbSession.Files([slice.Labels])}) where {Time(slice)} and {DuckDbSession.Name(LabelFiles.ClosedOf(query.Label))} and {label} is not null{OfWhom()}";
        var features = isWhole ? string.Concat(files.Features.Select((name, i) => $", coalesce({DuckDbSession.Name(name)}, 'nan'::float) as f{i}")) : "";
        var named = isWhole ? string.Concat(files.Features.Select((_, i) => $", r.f{i}")) : "";
        var rows = $"select decision, item, slot, rank as placed{features} from read_parquet({DuckDbSession.Files(slice.Rows)}) where {Time(slice)}";
        var seen = $"true{(query.OnlyExplored ? " and explorable" : "")}{(query.OnlySeen ? $" and {LabelFiles.Impression} > 0" : "")}";
        var shown = $"""
            select l.decision, l.item, l.slot, l.time, l.key, l.person, l.rank, case when l.explorable then l.propensity end as propensity, l.label, l.other, l.hit, l.wait{named}
            from (select * from l where {seen}) l join r on l.decision = r.decision and l.item = r.item and l.slot = r.slot and l.rank = r.placed
            """;
        var unshown = query.Unshown ? $"""
             union all select r.decision, r.item, r.slot, d.time, d.key, d.person, null, null, 0, d.other, null, null{named}
            from r join (select decision, any_value(time) as time, any_value(key) as key, any_value(person) as person, any_value(other) as other from l group by decision) d on r.decision = d.decision
            where r.placed is null
            """ : "";
        return $"with l as ({labels}), r as ({rows}) {shown}{unshown}";
    }

    // What went out of the store at once was there; what an origin had to agree to first was not.
    private string Delivered() => query.Delivery
        ? $"case when {LabelFiles.Delivery} is null then null when {LabelFiles.Delivery} in ('hit', 'stale') then 1 else 0 end::float as hit, {LabelFiles.TimeToFirstByte}::float as wait"
        : "null::float as hit, null::float as wait";

    private string OfWhom() =>
        $"{(query.Surface is { } surface ? $" and surface = {DuckDbSession.Text(surface)}" : "")}{(query.Own is not null && query.OtherWeight == 0 ? $" and not {Other()}" : "")}";

    /// <summary>Whether a decision is another's.</summary>
    private string Other() => query.Own is { } own
        ? $"not (coalesce(arm, '') = {DuckDbSession.Text(own)} or policy = {DuckDbSession.Text(own)} or starts_with(policy, {DuckDbSession.Text(own + "@")}))"
        : "false";

    /// <summary>A draw from the seed and what the example is, so that it is the same in every read and every order; MD5 since it never changes between releases of the store.</summary>
    private string Kept() => query.Negatives >= 1 ? "true" : string.Create(
        CultureInfo.InvariantCulture,
        $"(label > 0 or md5_number_lower({DuckDbSession.Text($"{query.Seed} ")} || decision || ' ' || item) < {(ulong)(query.Negatives * ulong.MaxValue)}::ubigint)");
}
