using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
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
    public void A_good_file_is_applied()
    {
        Assert.Equal(ReloadOutcome.Applied, Reload("routes: []\nlog: {level: debug}"));
        Assert.Empty(_config.Current.Routes);
        Assert.Equal("debug", Assert.Single(_applied).Log.Level);
    }

    [Fact]
    public void A_bad_file_is_refused_and_the_last_good_one_stays_in_force()
    {
        Assert.Equal(ReloadOutcome.Refused, Reload("routes: [{match: nowhere}]"));
        Assert.Equal("a.example/*", Assert.Single(_config.Current.Routes).Match);
        Assert.Empty(_applied);
        Assert.True(_config.LastRefused);
        Assert.Equal(ReloadOutcome.Unchanged, Reload(First));
        Assert.False(_config.LastRefused);
    }

    [Fact]
    public void A_file_that_is_gone_is_refused_too()
    {
        File.Delete(_file);
        Assert.Equal(ReloadOutcome.Refused, _config.Reload());
        Assert.Single(_config.Current.Routes);
    }

    [Fact]
    public void What_needs_a_restart_keeps_its_value_while_the_rest_is_applied()
    {
        Assert.Equal(ReloadOutcome.Applied, Reload("listen: {api: ':9999'}\nroutes: []"));
        Assert.Equal(":8081", _config.Current.Listen.Api.ToString());
        Assert.Empty(_config.Current.Routes);
        Assert.Equal(["listen"], ConfigChange.Fixed(_config.Current, new ConfigSource(_file, new Dictionary<string, string>(), []).Load()));
    }

    [Fact]
    public void Reloads_are_counted_by_outcome()
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
        Reload("routes: 3");
        Reload("routes: []");
        Reload("routes: []");
        Assert.Equal(["refused", "applied", "unchanged"], counted);
    }

    [Fact]
    public void A_change_of_the_file_counts_once_it_has_been_quiet()
    {
        var clock = new FakeTimeProvider();
        File.WriteAllText(_file, "routes: []");
        using var watch = new ConfigWatch(_config, clock);
        watch.Touch();
        clock.Advance(TimeSpan.FromMilliseconds(150));
        watch.Touch();
        clock.Advance(TimeSpan.FromMilliseconds(150));
        Assert.Empty(_applied);
        clock.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Single(_applied);
    }

    private ReloadOutcome Reload(string text)
    {
        File.WriteAllText(_file, text);
        return _config.Reload();
    }
}
