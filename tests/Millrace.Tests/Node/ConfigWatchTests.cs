using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Millrace.Node;
using Millrace.Node.Configuration;

namespace Millrace.Tests.Node;

/// <summary>Events of a real file system: what is written is noticed, wherever it is and whether or not its folder was there before.</summary>
public sealed class ConfigWatchTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-watch").FullName;
    private readonly Meter _meter = new("Millrace.Test");
    private readonly SignalClock _clock = new();
    private readonly ConfigHolder _config;

    public ConfigWatchTests()
    {
        File.WriteAllText(Configuration, "routes: []");
        var source = new ConfigSource(Configuration, new Dictionary<string, string>(), []);
        _config = new ConfigHolder(source, source.Load(), _meter, NullLogger.Instance);
    }

    private string Configuration => Path.Combine(_folder, "t.yaml");

    public void Dispose()
    {
        _meter.Dispose();
        _clock.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_configuration_is_read_once_more_after_it_is_watched_and_again_when_it_changes()
    {
        using var watch = new ConfigWatch(_config, _clock, NullLogger.Instance);
        await _clock.SetAsync();
        await File.WriteAllTextAsync(Configuration, "routes: []\nlog: {level: debug}", TestContext.Current.CancellationToken);
        await _clock.SetAsync();
    }

    [Fact]
    public async Task A_model_is_noticed_though_its_folder_comes_later_than_the_configuration_that_names_it()
    {
        using var watch = new ConfigWatch(_config, _clock, NullLogger.Instance);
        await _clock.SetAsync();
        await File.WriteAllTextAsync(
            Configuration,
            "features: [{name: f0, count: click, window: 1h}]\npolicies: {home: {candidates: [{recent: true}], heads: {a: {forest: models/deep/a.txt}}, objectives: {a: 1}}}\nsurfaces: {home: {policy: home, slots: [{id: main, count: 4}]}}",
            TestContext.Current.CancellationToken);
        Assert.Equal(ReloadOutcome.Refused, await _config.ReloadAsync());
        Assert.Contains(_config.Watched, path => path.EndsWith("models/deep/a.txt", StringComparison.Ordinal));
        watch.Reload();
        string deep = Path.Combine(_folder, "models", "deep");
        foreach (Action change in new Action[] { () => Directory.CreateDirectory(Path.GetDirectoryName(deep)!), () => Directory.CreateDirectory(deep), () => File.WriteAllText(Path.Combine(deep, "a.txt"), "tree") })
        {
            _clock.Forget();
            change();
            await _clock.SetAsync();
            watch.Reload();
        }
    }

    /// <summary>Timers that never fire, and tell that they were set.</summary>
    private sealed class SignalClock : TimeProvider, IDisposable
    {
        private readonly SemaphoreSlim _set = new(0);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new SignalTimer(_set);

        public async Task SetAsync()
        {
            Assert.True(await _set.WaitAsync(Bound, TestContext.Current.CancellationToken), "nothing was noticed");
        }

        public void Forget()
        {
            while (_set.Wait(0))
            {
            }
        }

        public void Dispose() => _set.Dispose();
    }

    private sealed class SignalTimer(SemaphoreSlim set) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            set.Release();
            return true;
        }

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
