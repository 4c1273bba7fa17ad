using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Features.Images;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Node;
using Millrace.Node.Configuration;

namespace Millrace.Tests.Node;

/// <summary>
/// A node that is killed while it takes events, folds them and writes snapshots of them: what a start from its snapshots folds equals what the journal alone says, to the last
/// item and person, and every event that was acknowledged is in it, once. <c>tests/features-restarts/run</c> does it as often as one likes.
/// </summary>
public sealed class KilledWhileFoldingTests : IDisposable
{
    private const int Items = 200;
    private const int Batch = 40;
    private const int LongestRound = 2_500;

    private static readonly string[] Settings =
    [
        "folding.checkpoint=1s",
        "features=[{name: clicks, entity: item, count: click, window: 1h}, {name: hot, entity: item, count: click, halfLife: 30m}, {name: next, entity: session-item, cooccur: click, window: 3h, symmetric: true}, {name: people, entity: item, distinct: click, window: 3h}]",
    ];

    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;
    private readonly Random _random = new(20261130);
    private readonly Meter _meter = new("Millrace.Test");
    private string? _adminKey;
    private long _acknowledged;
    private long _read;
    private long _held;

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("MILLRACE_FOLD_ROUNDS"), out var rounds) ? rounds : 5;

    public void Dispose()
    {
        _meter.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task Killed_at_any_moment_a_node_goes_on_with_what_the_journal_says()
    {
        for (var round = 0; round < Rounds; round++)
        {
            using var node = await NodeProcess.UpAsync(_data, "http://127.0.0.1:9", _adminKey, Settings);
            _adminKey = node.AdminKey;
            await LoadAsync(node, round, TimeSpan.FromMilliseconds(_random.Next(50, LongestRound)));
            await CheckAsync();
        }

        // Else all was folded from the journal each time, and nothing was shown.
        Assert.True(Rounds < 5 || _read < _held / 2, $"{_read} of {_held} events were read again");
        TestContext.Current.TestOutputHelper?.WriteLine($"{Rounds} kills, {_acknowledged} events acknowledged, {_read} of {_held} read again at starts");
    }

    private async Task LoadAsync(NodeProcess node, int round, TimeSpan length)
    {
        await node.PostAsync(
            "/v1/items:batch", string.Join('\n', Enumerable.Range(0, Items).Select(item => $$"""{"id":"i{{item}}","provider":"p{{(item + round) % 7}}"}""")), "application/x-ndjson");
        var sending = Enumerable.Range(0, 3).Select(client => SendAsync(node, $"{round}-{client}", new Random((round * 10) + client))).ToArray();
        await Task.Delay(length, TimeProvider.System, Now);
        await node.KillAsync();
        await Task.WhenAll(sending);
    }

    private async Task SendAsync(NodeProcess node, string name, Random random)
    {
        for (var batch = 0; ; batch++)
        {
            var events = Enumerable.Range(0, Batch).Select(i => Event($"e{name}-{batch}-{i}", random));
            try
            {
                await node.PostAsync("/v1/events", $$"""{"events":[{{string.Join(',', events)}}]}""");
                Interlocked.Add(ref _acknowledged, Batch);
            }
            catch (Exception killed) when (killed is HttpRequestException or IOException)
            {
                return;
            }
        }
    }

    private static string Event(string id, Random random)
    {
        var person = random.Next(60);
        var user = person % 3 == 0 ? "" : $",\"user\":\"u{person}\"";
        return $$"""{"id":"{{id}}","type":"{{(random.Next(4) == 0 ? "conversion" : "click")}}","item":"i{{random.Next(Items + 5)}}","session":"s{{person}}"{{user}}}""";
    }

    /// <summary>What a start from the snapshots folds, beside what a fold of the journal from its beginning does.</summary>
    private async Task CheckAsync()
    {
        var config = new ConfigSource(null, new Dictionary<string, string>(), [.. Settings]).Load();
        using var keys = new FileSubjectKeys(Path.Combine(_data, "keys", "subjects"));
        await using var journal = await LocalJournal.OpenAsync(
            new JournalOptions { Directory = Path.Combine(_data, "journal"), Partitions = config.Journal.Partitions }.Keeping(TimeSpan.FromDays(30)), TimeProvider.System, keys);
        var held = Enumerable.Range(0, journal.Partitions(JournalStream.Events)).Sum(partition => journal.Range(JournalStream.Events, partition).End);
        Assert.True(held >= _acknowledged, $"{_acknowledged} events were acknowledged, {held} are there");
        var tapped = new TappedJournal(journal) { Read = (stream, facts) => Task.FromResult(_read += stream == JournalStream.Events ? facts.Count : 0) };
        _held += held;
        var until = UnixMicros.Now(TimeProvider.System);
        var resumed = await FoldedAsync(tapped, config, keys, new SnapshotFolder(Path.Combine(_data, "features")), until);
        var scratch = await FoldedAsync(journal, config, keys, new SnapshotFolder(Path.Combine(_data, "none")), until);
        Assert.Equal(scratch, resumed);
    }

    private async Task<string[]> FoldedAsync(IJournal journal, NodeConfig config, ISubjectKeys keys, SnapshotFolder snapshots, UnixMicros until)
    {
        var features = History.Features(config);
        var folder = new FeatureFolder(features, NodeServices.OptionsOf(config.Folding, File.ReadAllBytes(Path.Combine(_data, NodeServices.TokenKeyFile))), keys);
        var persons = new EmbeddedPersonStore(features.Persons, journal.Partitions(JournalStream.Events), config.Folding.Session, config.Folding.Persons, keys);
        var generation = new FoldedGeneration(journal, folder, persons, TimeProvider.System, _meter.CreateCounter<long>("skipped"), NullLogger.Instance);
        await generation.BeginAsync(Now, new FeatureStart(snapshots, journal, NullLogger.Instance));
        (await generation.FoldAllAsync(Now))?.Throw();
        Assert.True(folder.Counts.Whole);
        var lines = folder.Freeze(until).Canonical().ToList();
        var read = new PersonBuffer();
        for (var person = 0; person < 60; person++)
        {
            persons.Read("default", $"u{person}", $"s{person}", read);
            lines.Add($"{person} {Convert.ToHexString(read.Blob(PersonEntity.User))} {Convert.ToHexString(read.Blob(PersonEntity.Session))} {string.Join(' ', persons.SessionsOf("default", $"u{person}"))}");
        }

        return [.. lines];
    }
}
