using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Millrace.Decisions;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Models.Shelf;
using Millrace.Node;
using Millrace.Node.Configuration;

namespace Millrace.Tests.Node;

/// <summary>New features are folded beside the ones that serve, and take over in one reference.</summary>
public sealed class FeatureReloadTests : IAsyncLifetime
{
    private const string Old = """
        features: [{name: clicks_1h, count: click, window: 1h}]
        policies: {home: {candidates: [{recent: true}], blend: {clicks_1h: 1}}}
        surfaces: {home: {policy: home, slots: [{id: main, count: 2}]}}
        """;

    private const string New = """
        features: [{name: clicks_1h, count: click, window: 1h}, {name: views_1d, count: view, window: 1d}]
        policies: {home: {candidates: [{recent: true}], blend: {views_1d: 1}}}
        surfaces: {home: {policy: home, slots: [{id: main, count: 2}]}}
        """;

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly Readiness _readiness = new();
    private readonly Meter _meter = new("Millrace.Test");
    private readonly List<string> _told = [];
    private readonly ILoggerFactory _logs;
    private readonly MemoryJournal _memory;
    private readonly TappedJournal _journal;
    private PolicyImport _policies = null!;
    private FeatureFolding _folding = null!;
    private ServingTable _serving = null!;
    private FeatureReload _reload = null!;
    private int _ids;

    public FeatureReloadTests()
    {
        _logs = LoggerFactory.Create(logging => logging.AddProvider(new ToldLog(_told)));
        _memory = new MemoryJournal(_clock);
        _journal = new TappedJournal(_memory);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var config = Config(Old);
        var features = History.Features(config);
        _policies = await PolicyImport.OpenAsync(_journal, new FolderModelShelf("none-are-kept"), _clock, Cancellation);
        var (folder, persons) = (FolderOf(features), PersonsOf(features));
        _serving = new ServingTable(new Serving(await _policies.ImportAsync(config, features, Cancellation), () => folder.Current, persons));
        _folding = new FeatureFolding(_journal, folder, persons, _clock, _readiness, _meter, _logs.CreateLogger("test"));
        _reload = new FeatureReload(_policies, _folding, _serving, History.Retention(config, features), new FeatureRemovals(_journal, History.Retention(config, features), _clock), FolderOf, PersonsOf, _logs.CreateLogger("test"));
        for (var i = 0; i < 3; i++)
        {
            await _memory.AppendAsync(new ItemChanged { Id = $"i{i}", Item = $"story-{i}", Time = Now }, Cancellation);
        }

        await SendAsync("view", "story-1", 5);
        await SendAsync("click", "story-2", 3);
        await _folding.StepAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _folding.DisposeAsync();
        _policies.Dispose();
        await _memory.DisposeAsync();
        _meter.Dispose();
        _logs.Dispose();
    }

    [Fact]
    public async Task New_features_and_the_policies_that_need_them_take_over_at_one_epoch()
    {
        Assert.Equal("story-2", First());
        await ReloadAsync(New);
        Assert.Equal("home@1", Policy);
        Assert.Equal("story-2", First());
        await LevelAsync();
        var before = _serving.Current.Snapshot().Epoch;
        await _folding.StepAsync(Cancellation);
        Assert.Equal("home@2", Policy);
        Assert.Equal("story-1", First());
        Assert.Equal(before + 1, _serving.Current.Snapshot().Epoch);
        Assert.Null(_folding.Backfill);
        Assert.Contains(_told, line => line.StartsWith("featuresReplaced", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_took_over_equals_a_start_from_the_new_file()
    {
        await ReloadAsync(New);
        await LevelAsync();
        await SendAsync("view", "story-0", 2);
        await _folding.StepAsync(Cancellation);
        var folder = FolderOf(History.Features(Config(New)));
        await using var fresh = new FeatureFolding(_memory, folder, PersonsOf(folder.Current.Features), _clock, new Readiness(), _meter, _logs.CreateLogger("fresh"));
        await fresh.StepAsync(Cancellation);
        Assert.Equal(folder.Current.Canonical(), _serving.Current.Snapshot().Canonical());
        Assert.Equal(folder.Current.Features.Fingerprint, _serving.Current.Snapshot().Features.Fingerprint);
    }

    [Fact]
    public async Task Epochs_say_which_definitions_they_are_of()
    {
        var old = _serving.Current.Snapshot().Definitions;
        await ReloadAsync(New);
        await LevelAsync();
        await _folding.StepAsync(Cancellation);
        var epochs = await EpochsAsync();
        Assert.Equal([.. Enumerable.Range(1, epochs.Length).Select(i => (long)i)], epochs.Select(epoch => epoch.Epoch));
        Assert.Equal(old, epochs[^2].Definitions);
        Assert.Equal(_serving.Current.Snapshot().Definitions, epochs[^1].Definitions);
        Assert.NotEqual(old, epochs[^1].Definitions);
    }

    [Fact]
    public async Task Policies_that_the_serving_features_can_serve_do_not_wait()
    {
        await ReloadAsync(New.Replace("views_1d: 1}", "clicks_1h: -1}", StringComparison.Ordinal));
        Assert.Equal("home@2", Policy);
        Assert.NotNull(_folding.Backfill);
        await LevelAsync();
        await _folding.StepAsync(Cancellation);
        Assert.Equal("home@2", Policy);
        Assert.Equal(2, _serving.Current.Policies.Features.Definitions.Length);
    }

    [Theory]
    [InlineData("{name: clicks_1h, life: removed}", "life: removed")]
    [InlineData("", "no such feature")]
    public async Task A_feature_that_recent_decisions_read_is_not_removed_until_they_are_gone(string gone, string got)
    {
        var without = $"features: [{{name: views_1d, count: view, window: 1d}}{(gone.Length > 0 ? ", " + gone : "")}]" + Old[Old.IndexOf('\n', StringComparison.Ordinal)..].Replace("clicks_1h", "views_1d", StringComparison.Ordinal);
        await _memory.AppendAsync(new Decided { Id = "d", Time = Now, Surface = "home", Policy = "home@1", Session = "s" }, Cancellation);
        _clock.Advance(TimeSpan.FromDays(6));
        var refused = await Assert.ThrowsAsync<ConfigInvalidException>(() => ReloadAsync(without));
        var fault = Assert.Single(refused.Faults).ToString();
        Assert.Contains("millrace.yaml:1:", fault, StringComparison.Ordinal);
        Assert.Contains("'clicks_1h' until 2026-01-08T00:00:00.000000Z: decisions by home@1 read it", fault, StringComparison.Ordinal);
        Assert.Contains($"got {got}", fault, StringComparison.Ordinal);
        Assert.Null(_folding.Backfill);
        _clock.Advance(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(1));
        await ReloadAsync(without);
        await LevelAsync();
        await _folding.StepAsync(Cancellation);
        Assert.Equal(["views_1d"], _serving.Current.Policies.Features.Names);
    }

    [Fact]
    public async Task The_last_use_of_a_feature_is_the_latest_of_all_partitions_by_the_clock_of_the_node()
    {
        var without = Old.Replace("clicks_1h", "clicks", StringComparison.Ordinal);
        for (var i = 0; i < 8; i++)
        {
            await _memory.AppendAsync(new Decided { Id = $"d{i}", Time = Now + TimeSpan.FromDays(900), Asked = Now, Surface = "home", Policy = "home@1", Session = $"s{7 - i}" }, Cancellation);
            _clock.Advance(TimeSpan.FromHours(1));
        }

        var refused = await Assert.ThrowsAsync<ConfigInvalidException>(() => ReloadAsync(without));
        Assert.Contains("'clicks_1h' until 2026-01-08T07:00:00.000000Z", Assert.Single(refused.Faults).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_erasure_after_a_take_over_finds_the_sessions_of_before_anything_looks_back()
    {
        await _memory.AppendAsync(new Observed { Id = "old", Event = "click", Item = "story-1", User = "ada", Session = "long-ago", Time = Now, Received = Now }, Cancellation);
        await _folding.StepAsync(Cancellation);
        _clock.Advance(TimeSpan.FromDays(4));
        await _memory.AppendAsync(new Observed { Id = "new", Event = "click", Item = "story-1", User = "ada", Session = "today", Time = Now, Received = Now }, Cancellation);
        await ReloadAsync(New);
        await LevelAsync();
        await _folding.StepAsync(Cancellation);
        Assert.Equal("home@2", Policy);
        Assert.Equal(["long-ago", "today"], _serving.Current.Persons.SessionsOf("default", "ada"));
    }

    [Fact]
    public async Task A_feature_by_which_nothing_was_decided_may_go_at_once()
    {
        await ReloadAsync(Old.Replace("clicks_1h", "clicks", StringComparison.Ordinal));
        await LevelAsync();
        await _folding.StepAsync(Cancellation);
        Assert.Equal(["clicks"], _serving.Current.Policies.Features.Names);
    }

    [Fact]
    public async Task A_second_reload_replaces_the_backfill_and_the_first_one_never_serves()
    {
        await ReloadAsync(New);
        await LevelAsync();
        await ReloadAsync(New.Replace("1d", "2d", StringComparison.Ordinal));
        await LevelAsync();
        await _folding.StepAsync(Cancellation);
        Assert.Equal("views_2d", _serving.Current.Policies.Features.Definitions[1].Name);
        Assert.Equal("home@2", Policy);
        Assert.Single(_told, line => line.StartsWith("featuresReplaced", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_reload_back_to_what_serves_gives_the_backfill_up()
    {
        await ReloadAsync(New);
        await LevelAsync();
        await ReloadAsync(Old);
        await _folding.StepAsync(Cancellation);
        Assert.Null(_folding.Backfill);
        Assert.Equal("home@1", Policy);
        Assert.Single(_serving.Current.Policies.Features.Definitions);
    }

    [Fact]
    public async Task A_reload_that_changes_policies_alone_keeps_the_backfill_and_comes_with_it()
    {
        await ReloadAsync(New);
        await ReloadAsync(New.Replace("views_1d: 1}", "views_1d: -1}", StringComparison.Ordinal));
        await LevelAsync();
        await _folding.StepAsync(Cancellation);
        Assert.Single(_told, line => line.StartsWith("backfillStarted", StringComparison.Ordinal));
        Assert.Equal(-1, _serving.Current.Policies.Find("home")!.Value.Policy.Blend["views_1d"]);
    }

    [Fact]
    public async Task A_change_of_words_alone_folds_nothing()
    {
        await ReloadAsync(Old.Replace("window: 1h", "window: 1h, owner: desk", StringComparison.Ordinal));
        Assert.Null(_folding.Backfill);
    }

    [Fact]
    public async Task A_journal_that_refuses_the_policies_puts_the_take_over_off_and_stops_no_epoch()
    {
        await ReloadAsync(New);
        await LevelAsync();
        var before = _serving.Current.Snapshot().Epoch;
        _journal.Appending = Task.FromException(new JournalFullException("queueBytes", "full"));
        await _folding.StepAsync(Cancellation);
        _clock.Advance(EpochFreezer.IdleInterval);
        await _folding.StepAsync(Cancellation);
        Assert.Equal("home@1", Policy);
        Assert.True(_serving.Current.Snapshot().Epoch > before);
        _journal.Appending = Task.CompletedTask;
        _clock.Advance(TimeSpan.FromMinutes(1));
        await _folding.StepAsync(Cancellation);
        Assert.Equal("home@2", Policy);
    }

    [Fact]
    public async Task A_take_over_that_keeps_failing_stops_no_epoch_from_being_recorded()
    {
        var features = History.Features(Config(New));
        _folding.Replace(FolderOf(features), PersonsOf(features), new FailingTakeOver());
        await LevelAsync();
        for (var i = 0; i < 20; i++)
        {
            _clock.Advance(EpochFreezer.IdleInterval);
            await _folding.StepAsync(Cancellation);
            Assert.Equal(_serving.Current.Snapshot().Epoch, (await EpochsAsync()).Max(epoch => epoch.Epoch));
        }

        Assert.Contains(_told, line => line.StartsWith("backfillStalled", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Features_that_look_back_further_than_the_running_journal_keeps_are_refused()
    {
        var refused = await Assert.ThrowsAsync<ConfigInvalidException>(() => ReloadAsync(New.Replace("window: 1d", "window: 30d", StringComparison.Ordinal)));
        Assert.Contains("restart", Assert.Single(refused.Faults).ToString(), StringComparison.Ordinal);
        Assert.Null(_folding.Backfill);
    }

    private UnixMicros Now => UnixMicros.Now(_clock);

    private string Policy => Assert.Single(_serving.Current.Policies.Policies).Id;

    private static NodeConfig Config(string text) => new ConfigSource(null, new Dictionary<string, string>(), []).Check("millrace.yaml", text);

    private static FeatureFolder FolderOf(FeatureSet features) => new(features, new FeatureOptions());

    private EmbeddedPersonStore PersonsOf(FeatureSet features) => new(features.Persons, _memory.Partitions(JournalStream.Events));

    private string First() =>
        new Decider(new DeciderOptions { Timeout = Timeout.InfiniteTimeSpan }, _clock, _serving)
            .Decide(new DecideRequest { DecisionId = $"d{_ids++}", Surface = "home", Session = "someone" }).Slots[0].Items[0].Item;

    private async Task ReloadAsync(string text) => (await _reload.PrepareAsync(Config(text)))();

    private async Task LevelAsync()
    {
        await _folding.Backfilling;
        Assert.True(_folding.Backfill!.Value.Level);
    }

    private async Task SendAsync(string type, string item, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await _memory.AppendAsync(new Observed { Id = $"e{_ids++}", Event = type, Item = item, Session = $"s{i}", Time = Now, Received = Now }, Cancellation);
        }
    }

    private async Task<EpochFrozen[]> EpochsAsync()
    {
        var epochs = new List<EpochFrozen>();
        for (var partition = 0; partition < _memory.Partitions(JournalStream.Decisions); partition++)
        {
            epochs.AddRange((await _memory.ReadAsync(JournalStream.Decisions, partition, 0, 10_000, Cancellation)).Select(stored => stored.Fact).OfType<EpochFrozen>());
        }

        return [.. epochs];
    }

    private sealed class FailingTakeOver : ITakeOver
    {
        private int _calls;

        public Task PrepareAsync(CancellationToken cancellation) =>
            Task.FromException(_calls++ % 2 == 0 ? new InvalidOperationException("a fault of ours") : new JournalFullException("queueBytes", "full"));

        public bool Commit() => true;
    }
}
