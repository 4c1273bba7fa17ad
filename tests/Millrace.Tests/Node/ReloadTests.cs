using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Millrace.Journal;
using Millrace.Node;
using Millrace.Node.Configuration;

namespace Millrace.Tests.Node;

public sealed class ReloadTests : IDisposable
{
    private const string First = "routes: [{match: 'a.example/*', origin: 'http://127.0.0.1:9'}]";

    private readonly string _file = Path.GetTempFileName();
    private readonly Meter _meter = new("Millrace.Test");
    private readonly ConfigHolder _config;
    private readonly List<NodeConfig> _applied = [];

    public ReloadTests()
    {
        File.WriteAllText(_file, First);
        var source = new ConfigSource(_file, new Dictionary<string, string>(), []);
        _config = new ConfigHolder(source, source.Load(), _meter, NullLogger.Instance);
        _config.Follow(_applied.Add);
    }

    public void Dispose()
    {
        _meter.Dispose();
        File.Delete(_file);
    }

    [Fact]
    public async Task A_good_file_is_applied()
    {
        Assert.Equal(ReloadOutcome.Applied, await ReloadAsync("routes: []\nlog: {level: debug}"));
        Assert.Empty(_config.Current.Routes);
        Assert.Equal("debug", Assert.Single(_applied).Log.Level);
    }

    [Fact]
    public async Task A_bad_file_is_refused_and_the_last_good_one_stays_in_force()
    {
        Assert.Equal(ReloadOutcome.Refused, await ReloadAsync("routes: [{match: nowhere}]"));
        Assert.Equal("a.example/*", Assert.Single(_config.Current.Routes).Match);
        Assert.Empty(_applied);
        Assert.True(_config.LastRefused);
        Assert.Equal(ReloadOutcome.Unchanged, await ReloadAsync(First));
        Assert.False(_config.LastRefused);
    }

    [Theory]
    [InlineData("count: click, window: 1h", "count: click, window: 2h")]
    [InlineData("count: click, window: 1h", "count: click, window: 1h, owner: desk")]
    [InlineData("rate: {of: click, per: view, examination: {ranks: [1, 0.5]}}, window: 1h", "rate: {of: click, per: view, examination: {ranks: [1, 0.4]}}, window: 1h")]
    public async Task A_change_within_one_feature_is_a_change(string before, string after)
    {
        Assert.Equal(ReloadOutcome.Applied, await ReloadAsync($"features: [{{name: a, {before}}}]"));
        Assert.Equal(ReloadOutcome.Unchanged, await ReloadAsync($"\nfeatures: [{{name: a, {before}}}]"));
        Assert.Equal(ReloadOutcome.Applied, await ReloadAsync($"features: [{{name: a, {after}}}]"));
    }

    [Fact]
    public async Task A_file_that_is_gone_is_refused_too()
    {
        File.Delete(_file);
        Assert.Equal(ReloadOutcome.Refused, await _config.ReloadAsync());
        Assert.Single(_config.Current.Routes);
    }

    [Fact]
    public async Task What_needs_a_restart_keeps_its_value_while_the_rest_is_applied()
    {
        Assert.Equal(ReloadOutcome.Applied, await ReloadAsync("listen: {api: ':9999'}\nroutes: []"));
        Assert.Equal(":8081", $"{_config.Current.Listen.Api}");
        Assert.Empty(_config.Current.Routes);
        Assert.Equal(["listen.api"], ConfigChange.Fixed(_config.Current, new ConfigSource(_file, new Dictionary<string, string>(), []).Load()));
    }

    [Fact]
    public async Task Reloads_are_counted_by_outcome()
    {
        var counted = new List<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter == _meter)
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => counted.Add((string)tags[0].Value!));
        listener.Start();
        await ReloadAsync("routes: 3");
        await ReloadAsync("routes: []");
        await ReloadAsync("routes: []");
        Assert.Equal(["refused", "applied", "unchanged"], counted);
    }

    [Fact]
    public void A_change_of_the_file_counts_once_it_has_been_quiet()
    {
        var clock = new FakeTimeProvider();
        File.WriteAllText(_file, "routes: []");
        using var watch = new ConfigWatch(_config, clock, NullLogger.Instance);
        watch.Touch();
        clock.Advance(TimeSpan.FromMilliseconds(150));
        watch.Touch();
        clock.Advance(TimeSpan.FromMilliseconds(150));
        Assert.Empty(_applied);
        clock.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Single(_applied);
    }

    [Fact]
    public async Task What_one_part_refuses_no_part_takes_and_a_retry_is_judged_again()
    {
        _config.Prepare(_ => throw new ConfigInvalidException([new ConfigFault(default, "policies.home", "a feature", "none")]));
        Assert.Equal(ReloadOutcome.Refused, await ReloadAsync("routes: []"));
        Assert.Single(_config.Current.Routes);
        Assert.Empty(_applied);
        Assert.Equal(ReloadOutcome.Refused, await ReloadAsync("routes: []"));
    }

    [Fact]
    public void What_the_journal_puts_off_is_tried_again_by_itself()
    {
        var clock = new FakeTimeProvider();
        var (tries, committed) = (0, 0);
        _config.Prepare(_ => tries++ == 0 ? throw new JournalFullException("queueBytes", "full") : Task.FromResult<Action>(() => committed++));
        File.WriteAllText(_file, "routes: []");
        using var watch = new ConfigWatch(_config, clock, NullLogger.Instance);
        watch.Reload();
        Assert.Equal((1, 0), (tries, committed));
        Assert.True(_config.LastRefused);
        Assert.Empty(_applied);
        clock.Advance(ConfigWatch.Again);
        Assert.Equal((2, 1), (tries, committed));
        Assert.Single(_applied);
        Assert.False(_config.LastRefused);
    }

    [Fact]
    public void What_the_disk_puts_off_is_tried_again_by_itself()
    {
        var clock = new FakeTimeProvider();
        var tries = 0;
        _config.Prepare(_ => tries++ == 0 ? throw new ConfigInvalidException([new ConfigFault(default, "", "room", "none")]) { MayPass = true } : Task.FromResult<Action>(() => { }));
        File.WriteAllText(_file, "routes: []");
        using var watch = new ConfigWatch(_config, clock, NullLogger.Instance);
        watch.Reload();
        clock.Advance(ConfigWatch.Again);
        Assert.Equal(2, tries);
        Assert.Single(_applied);
    }

    private Task<ReloadOutcome> ReloadAsync(string text)
    {
        File.WriteAllText(_file, text);
        return _config.ReloadAsync();
    }
}
