using DuckDB.NET.Data;

namespace Millrace.Tests.Features.PointInTime;

/// <summary>Reads Parquet files with an implementation that is not the one that wrote them.</summary>
internal static class DuckDbRows
{
    /// <returns>The rows; null where the file has none.</returns>
    public static List<object?[]> Read(string sql)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<object?[]>();
        while (reader.Read())
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(c => reader.IsDBNull(c) ? null : reader.GetValue(c))]);
        }

        return rows;
    }
}
