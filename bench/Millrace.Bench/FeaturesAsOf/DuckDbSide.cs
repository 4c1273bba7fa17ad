using System.Text;
using DuckDB.NET.Data;

namespace Millrace.Bench.FeaturesAsOf;

/// <summary>
/// The rows by DuckDB: running sums per item and per user, then an ASOF join for the decision's time and one more per window; a window's count is the difference of two sums.
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
        Run("create table events (time bigint, usr varchar, item varchar, click boolean); create table rows (decision varchar, time bigint, usr varchar, rank integer, item varchar)");
        using (var events = _connection.CreateAppender("events"))
        {
            foreach (var e in log.Events())
            {
                events.CreateRow().AppendValue(e.Time.Value).AppendValue(SyntheticLog.UserId(e.User)).AppendValue(SyntheticLog.ItemId(e.Item)).AppendValue(e.IsClick).EndRow();
            }
        }

        using var rows = _connection.CreateAppender("rows");
        var number = 0;
        foreach (var d in log.Decisions())
        {
            var id = SyntheticLog.DecisionId(number++);
            for (var i = 0; i < d.Items.Length; i++)
            {
                rows.CreateRow().AppendValue(id).AppendValue(d.Time.Value).AppendValue(SyntheticLog.UserId(d.User)).AppendValue(i + 1).AppendValue(SyntheticLog.ItemId(d.Items[i])).EndRow();
            }
        }

        return Task.CompletedTask;
    }

    public Task<string> BuildAsync()
    {
        var path = Path.Combine(_directory, "duckdb.parquet");
        // Running sums over rows of distinct times: a frame by range, which would take events of one time together by itself, is ten times slower.
        Run("""
            create or replace table item_sums as
            select item, time, (sum(clicks) over so_far)::bigint as clicks, (sum(impressions) over so_far)::bigint as impressions, max(last_click) over so_far as last_click
            from (select item, time, count(*) filter (click) as clicks, count(*) filter (not click) as impressions, max(time) filter (click) as last_click from events group by item, time)
            window so_far as (partition by item order by time rows unbounded preceding);
            create or replace table user_sums as
            select usr, time, (sum(events) over user_so_far)::bigint as events, (sum(clicks) over user_so_far)::bigint as clicks
            from (select usr, time, count(*) as events, count(*) filter (click) as clicks from events group by usr, time)
            window user_so_far as (partition by usr order by time rows unbounded preceding);
            """);
        Run($"copy ({Query()}) to '{path}' (format parquet)");
        return Task.FromResult(path);
    }

    public void Dispose() => _connection?.Dispose();

    private static string Query()
    {
        var columns = new StringBuilder($"select r.decision, r.rank, r.item, now.last_click as {AsOfColumns.LastClick}");
        var joins = new StringBuilder("from rows r asof left join item_sums now on r.item = now.item and r.time > now.time");
        foreach (var (name, length) in AsOfColumns.Windows)
        {
            foreach (var count in (ReadOnlySpan<string>)["clicks", "impressions"])
            {
                columns.Append($", coalesce(now.{count}, 0) - coalesce(w{name}.{count}, 0) as {count}_{name}");
            }

            joins.Append($" asof left join item_sums w{name} on r.item = w{name}.item and r.time - {(long)length.TotalMicroseconds} > w{name}.time");
        }

        columns.Append($", coalesce(u.events, 0) as {AsOfColumns.UserEvents}, coalesce(u.clicks, 0) - coalesce(uw.clicks, 0) as {AsOfColumns.UserClicks} ");
        joins.Append(" asof left join user_sums u on r.usr = u.usr and r.time > u.time");
        joins.Append($" asof left join user_sums uw on r.usr = uw.usr and r.time - {(long)AsOfColumns.UserWindow.TotalMicroseconds} > uw.time");
        return columns.Append(joins).ToString();
    }

    private void Run(string sql)
    {
        using var command = _connection!.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
