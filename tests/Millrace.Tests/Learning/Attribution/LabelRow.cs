using Millrace.Learning.DuckDb;

namespace Millrace.Tests.Learning.Attribution;

/// <summary>A row of labels as it is read back, its outcomes as text.</summary>
internal sealed record LabelRow(string Decision, string Item, string Slot, int Rank, long? Person, string? Delivery, double? FirstByteMs, string Labels)
{
    /// <summary>All rows of a directory, in the order in which they stand.</summary>
    public static List<LabelRow> Read(string directory, params string[] outcomes)
    {
        using var store = DuckDbSession.InMemory(new DuckDbOptions());
        var rows = new List<LabelRow>();
        var columns = string.Concat(outcomes.Select(name => $", {DuckDbSession.Name(name)}, {DuckDbSession.Name(name + ".closed")}, {DuckDbSession.Name(name + ".late")}"));
        foreach (var file in Directory.EnumerateFiles(directory, "labels-*.parquet").Order(StringComparer.Ordinal))
        {
            store.Read($"select decision, item, slot, rank, person, delivery, ttfb_ms{columns} from read_parquet({DuckDbSession.Files([file])})", row => rows.Add(new LabelRow(
                row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt32(3), row.IsDBNull(4) ? null : row.GetInt64(4), row.IsDBNull(5) ? null : row.GetString(5), row.IsDBNull(6) ? null : row.GetDouble(6),
                string.Join(" ", outcomes.Select((name, i) => Say(name, row.IsDBNull(7 + (3 * i)) ? null : row.GetDouble(7 + (3 * i)), row.GetBoolean(8 + (3 * i)), row.GetBoolean(9 + (3 * i))))))));
        }

        return rows;
    }

    public static string Say(string name, double? value, bool isClosed, bool isLate) =>
        FormattableString.Invariant($"{name}={(value is { } known ? known.ToString("R", System.Globalization.CultureInfo.InvariantCulture) : "none")}{(isClosed ? "" : " open")}{(isLate ? " late" : "")}");
}
