using System.Globalization;
using DuckDB.NET.Data;

namespace Millrace.Learning.DuckDb;

/// <summary>A database of the offline store with bounds of its own. Not thread-safe.</summary>
internal sealed class DuckDbSession : IDisposable
{
    private readonly DuckDBConnection _connection;
    private readonly DirectoryInfo? _spill;

    private DuckDbSession(string path, string spill, DuckDbOptions options, DirectoryInfo? own)
    {
        _spill = own;
        _connection = new DuckDBConnection($"DataSource={path}");
        _connection.Open();
        Execute(string.Create(CultureInfo.InvariantCulture,
            $"set memory_limit = '{options.MemoryMebibytes}MiB'; set threads = {options.Threads}; set temp_directory = {Text(spill)}; set preserve_insertion_order = true"));
    }

    /// <summary>A database in memory, which spills into a folder that goes with it.</summary>
    public static DuckDbSession InMemory(DuckDbOptions options)
    {
        var spill = Directory.CreateTempSubdirectory("millrace-duckdb-");
        try
        {
            return new DuckDbSession(":memory:", spill.FullName, options, spill);
        }
        catch
        {
            spill.Delete(recursive: true);
            throw;
        }
    }

    /// <summary>A database in a folder, where it spills too; the folder is the caller's to delete.</summary>
    public static DuckDbSession In(string folder, DuckDbOptions options) => new(Path.Combine(folder, "tables.duckdb"), Path.Combine(folder, "spill"), options, own: null);

    /// <summary>A literal.</summary>
    public static string Text(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A name of a table or column.</summary>
    public static string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A list of files to read.</summary>
    /// <exception cref="IOException">A name holds a wildcard, which the store would take for several files.</exception>
    public static string Files(IEnumerable<string> paths) => $"[{string.Join(", ", paths.Select(path => path.AsSpan().IndexOfAny('*', '?', '[') < 0
        ? Text(path)
        : throw new IOException($"{path}: a path with *, ? or [ cannot be read; rename the folder")))}]";

    public void Execute(string sql)
    {
        using var command = Command(sql);
        command.ExecuteNonQuery();
    }

    /// <summary>Reads a result row by row; what is not read yet the store makes as it is asked for.</summary>
    public void Read(string sql, Action<DuckDBDataReader> row)
    {
        using var command = Command(sql);
        using var reader = (DuckDBDataReader)command.ExecuteReader();
        while (reader.Read())
        {
            row(reader);
        }
    }

    /// <summary>A command whose result streams.</summary>
    public DuckDBCommand Command(string sql)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.UseStreamingMode = true;
        return command;
    }

    public DuckDBAppender Appender(string table) => _connection.CreateAppender(table);

    public void Dispose()
    {
        _connection.Dispose();
        _spill?.Delete(recursive: true);
    }
}
