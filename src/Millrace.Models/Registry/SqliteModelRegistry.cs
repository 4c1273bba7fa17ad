using System.Collections.Immutable;
using Microsoft.Data.Sqlite;

namespace Millrace.Models.Registry;

/// <summary>
/// A registry in a SQLite file: WAL with full synchronisation, so that what a call returned from outlives a power cut, and any number of processes may use it, the command line beside a node. Triggers refuse
/// whoever would change or delete a row. Each call has a connection of its own: registering is rare.
/// </summary>
public sealed class SqliteModelRegistry : IModelRegistry
{
    // How long a call waits while another process writes; a write takes milliseconds.
    private const int BusySeconds = 10;

    private const string Schema = """
        CREATE TABLE IF NOT EXISTS models (
            name TEXT NOT NULL, version INTEGER NOT NULL CHECK (version > 0), digest TEXT NOT NULL, envelope BLOB NOT NULL,
            PRIMARY KEY (name, version)) STRICT;
        CREATE TABLE IF NOT EXISTS moves (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, alias TEXT NOT NULL CHECK (alias IN ('current', 'candidate')), version INTEGER, time INTEGER NOT NULL, why TEXT NOT NULL,
            FOREIGN KEY (name, version) REFERENCES models (name, version)) STRICT;
        CREATE TRIGGER IF NOT EXISTS models_stand BEFORE UPDATE ON models BEGIN SELECT RAISE(ABORT, 'a version is never changed'); END;
        CREATE TRIGGER IF NOT EXISTS models_stay BEFORE DELETE ON models BEGIN SELECT RAISE(ABORT, 'a version is never deleted'); END;
        CREATE TRIGGER IF NOT EXISTS moves_stand BEFORE UPDATE ON moves BEGIN SELECT RAISE(ABORT, 'a move is never changed'); END;
        CREATE TRIGGER IF NOT EXISTS moves_stay BEFORE DELETE ON moves BEGIN SELECT RAISE(ABORT, 'a move is never deleted'); END;
        """;

    private readonly string _connection;

    /// <param name="path">The file; made, with its folder, when there is none.</param>
    /// <exception cref="IOException">It cannot be opened, or is no registry.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder refuses.</exception>
    public SqliteModelRegistry(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _connection = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = BusySeconds, ForeignKeys = true }.ToString();
        Run("PRAGMA journal_mode = WAL", static command => command.ExecuteScalar());
        Run(Schema, static command => command.ExecuteNonQuery());
    }

    public bool TryAdd(RegisteredModel model) => Run(
        "INSERT INTO models (name, version, digest, envelope) VALUES ($name, $version, $digest, $envelope) ON CONFLICT DO NOTHING",
        static command => command.ExecuteNonQuery() == 1,
        ("$name", model.Name), ("$version", model.Version), ("$digest", model.Digest), ("$envelope", model.Envelope.ToArray()));

    public ImmutableArray<string> Names() => Run("SELECT DISTINCT name FROM models ORDER BY name", static command => Rows(command, static row => row.GetString(0)));

    public ImmutableArray<RegisteredModel> Versions(string name) => Run(
        "SELECT name, version, digest, envelope FROM models WHERE name = $name ORDER BY version",
        static command => Rows(command, static row => new RegisteredModel(row.GetString(0), row.GetInt32(1), row.GetString(2), (byte[])row[3])),
        ("$name", name));

    public bool TryMove(AliasMove move)
    {
        if (move.Alias == ModelAlias.Previous) throw new ArgumentException("Previous follows from the moves of current.", nameof(move));
        return Run(
            """
            INSERT INTO moves (name, alias, version, time, why) SELECT $name, $alias, $version, $time, $why
            WHERE $version IS NULL OR EXISTS (SELECT 1 FROM models WHERE name = $name AND version = $version)
            """,
            static command => command.ExecuteNonQuery() == 1,
            ("$name", move.Name), ("$alias", Word(move.Alias)), ("$version", move.Version), ("$time", move.Time), ("$why", move.Why));
    }

    public ImmutableArray<AliasMove> Moves(string name) => Run(
        "SELECT name, alias, version, time, why FROM moves WHERE name = $name ORDER BY seq",
        static command => Rows(command, static row =>
            new AliasMove(row.GetString(0), row.GetString(1) == "current" ? ModelAlias.Current : ModelAlias.Candidate, row.IsDBNull(2) ? null : row.GetInt32(2), row.GetInt64(3), row.GetString(4))),
        ("$name", name));

    private static string Word(ModelAlias alias) => alias == ModelAlias.Current ? "current" : "candidate";

    private T Run<T>(string sql, Func<SqliteCommand, T> run, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        try
        {
            using var connection = new SqliteConnection(_connection);
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "PRAGMA synchronous = FULL";
            command.ExecuteNonQuery();
#pragma warning disable CA2100 // Every text is a constant of this file.
            command.CommandText = sql;
#pragma warning restore CA2100
            foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value ?? DBNull.Value);
            return run(command);
        }
        catch (SqliteException fault)
        {
            throw new IOException($"the registry of models refuses: {fault.Message}", fault);
        }
    }

    private static ImmutableArray<T> Rows<T>(SqliteCommand command, Func<SqliteDataReader, T> read)
    {
        using SqliteDataReader rows = command.ExecuteReader();
        var all = ImmutableArray.CreateBuilder<T>();
        while (rows.Read()) all.Add(read(rows));
        return all.ToImmutable();
    }
}
