using System.Text;
using DuckDB.NET.Data;

namespace Millrace.Bench.FeaturesAsOf;

/// <summary>
/// The rows by DuckDB at its best: keys are numbers, and an item's counts at all ends of its windows come from one sort of events and asked-for times together, in which a running sum
/// goes from one to the next; likewise a user's. A window's count is the difference of two sums. An ASOF join for each end, which sorts the events anew each time, took two and a half times the processor.
/// </summary>
internal sealed class DuckDbSide(int threads, string memory) : IAsOfSide, IDisposable
{
    private DuckDBConnection? _connection;
    private string _directory = "";

    public string Name => $"DuckDB, {threads} threads, {memory}";

    public Task LoadAsync(SyntheticLog log, string directory)
    {
        _directory = directory;
        _connection = new DuckDBConnection($"DataSource={Path.Combine(directory, "log.duckdb")}");
        _connection.Open();
        Run($"set threads = {threads}; set memory_limit = '{memory}'; set temp_directory = '{Path.Combine(directory, "spill")}'; set preserve_insertion_order = false");
        Run("create table events (time bigint, usr integer, item integer, click boolean); create table rows (decision integer, time bigint, usr integer, rank integer, item integer)");
        using (var events = _connection.CreateAppender("events"))
        {
            foreach (var e in log.Events())
            {
                events.CreateRow().AppendValue(e.Time.Value).AppendValue(e.User).AppendValue(e.Item).AppendValue(e.IsClick).EndRow();
            }
        }

        using var rows = _connection.CreateAppender("rows");
        var number = 0;
        foreach (var d in log.Decisions())
        {
            for (var i = 0; i < d.Items.Length; i++)
            {
                rows.CreateRow().AppendValue(number).AppendValue(d.Time.Value).AppendValue(d.User).AppendValue(i + 1).AppendValue(d.Items[i]).EndRow();
            }

            number++;
        }

        return Task.CompletedTask;
    }

    public Task<string> BuildAsync()
    {
        var path = Path.Combine(_directory, "duckdb.parquet");
        Run($"copy ({Query()}) to '{path}' (format parquet)");
        return Task.FromResult(path);
    }

    public void Dispose() => _connection?.Dispose();

    private static string Query()
    {
        // A row asks at its decision's time and at the beginning of each window; an event of the same time comes after, since "before" excludes it.
        var ends = AsOfColumns.Windows.Select((window, i) => (Number: i + 1, Length: (long)window.Length.TotalMicroseconds)).Prepend((Number: 0, Length: 0L)).ToArray();
        var columns = new StringBuilder($"select 'd' || r.decision as decision, r.rank, 'i' || r.item as item, i.last_click as {AsOfColumns.LastClick}");
        var sums = new StringBuilder("max(last_click) filter (ask = 0) as last_click");
        foreach (var end in ends)
        {
            sums.Append($", any_value(clicks) filter (ask = {end.Number}) as clicks{end.Number}, any_value(impressions) filter (ask = {end.Number}) as impressions{end.Number}");
        }

        for (var i = 0; i < AsOfColumns.Windows.Length; i++)
        {
            var name = AsOfColumns.Windows[i].Name;
            columns.Append($", i.clicks0 - i.clicks{i + 1} as clicks_{name}, i.impressions0 - i.impressions{i + 1} as impressions_{name}");
        }

        columns.Append($", u.events as {AsOfColumns.UserEvents}, u.clicks0 - u.clicks1 as {AsOfColumns.UserClicks}");
        var asks = string.Join(" union all ", ends.Select(end => $"select item, time - {end.Length}, {end.Number}::tinyint, rowid, false from rows"));
        return $"""
            with item_asks as (
                select ask, row, sum((ask < 0 and click)::int) over so_far as clicks, sum((ask < 0 and not click)::int) over so_far as impressions,
                    max(case when ask < 0 and click then time end) over so_far as last_click
                from (select item, time, -1::tinyint as ask, 0 as row, click from events union all {asks})
                window so_far as (partition by item order by time, ask desc rows unbounded preceding)),
            user_asks as (
                select ask, decision, sum((ask < 0)::int) over so_far as events, sum((ask < 0 and click)::int) over so_far as clicks
                from (select usr, time, -1::tinyint as ask, 0 as decision, click from events
                    union all select usr, time, 0::tinyint, decision, false from rows where rank = 1
                    union all select usr, time - {(long)AsOfColumns.UserWindow.TotalMicroseconds}, 1::tinyint, decision, false from rows where rank = 1)
                window so_far as (partition by usr order by time, ask desc rows unbounded preceding)),
            items as (select row, {sums} from item_asks where ask >= 0 group by row),
            users as (
                select decision, any_value(events) filter (ask = 0) as events, any_value(clicks) filter (ask = 0) as clicks0, any_value(clicks) filter (ask = 1) as clicks1
                from user_asks where ask >= 0 group by decision)
            {columns} from rows r join items i on r.rowid = i.row join users u on r.decision = u.decision
            """;
    }

    private void Run(string sql)
    {
        using var command = _connection!.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
