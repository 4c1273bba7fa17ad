using Microsoft.Data.Sqlite;
using Millrace.Models.Registry;

namespace Millrace.Tests.Models.Registry;

public sealed class SqliteModelRegistryTests : ModelRegistrySuite, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-").FullName;
    private readonly Lazy<IModelRegistry> _registry;

    public SqliteModelRegistryTests() => _registry = new(() => new SqliteModelRegistry(File));

    protected override IModelRegistry Registry => _registry.Value;

    private string File => Path.Combine(_folder, "registry", "models.db");

    protected override IModelRegistry? Again() => new SqliteModelRegistry(File);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Who_opens_it_next_finds_all_of_it()
    {
        Registry.TryAdd(Model("home-click", 1));
        Registry.TryMove(new("home-click", ModelAlias.Current, 1, 7, "first"));
        Assert.Equal([new AliasMove("home-click", ModelAlias.Current, 1, 7, "first")], Again()!.Moves("home-click"));
    }

    [Theory]
    [InlineData("UPDATE models SET digest = 'other'")]
    [InlineData("DELETE FROM models")]
    [InlineData("UPDATE moves SET version = NULL")]
    [InlineData("DELETE FROM moves")]
    public void The_store_itself_refuses_whoever_would_rewrite_the_past(string sql)
    {
        Registry.TryAdd(Model("home-click", 1));
        Registry.TryMove(new("home-click", ModelAlias.Current, 1, 7, "first"));
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this test.
        command.CommandText = sql;
#pragma warning restore CA2100
        Assert.Contains("never", Assert.Throws<SqliteException>(() => command.ExecuteNonQuery()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_registry_is_told_of()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        System.IO.File.WriteAllText(File, new string('x', 5_000));
        Assert.Throws<IOException>(() => Again());
    }
}
