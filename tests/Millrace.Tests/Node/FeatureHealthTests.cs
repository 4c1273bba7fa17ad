using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Node;

namespace Millrace.Tests.Node;

/// <summary>What items say that a feature cannot take is counted, shown and told; what fits is silent.</summary>
public sealed class FeatureHealthTests : IDisposable
{
    private static readonly FeatureSet Features = FeatureSet.Create(
    [
        new ItemValueFeature("price", "price"),
        new ItemValueFeature("weight", "weight"),
        new EmbeddingSimilarityFeature("near", FeatureEntity.Session, "click", 8),
        new CountFeature("clicks", "click", TimeSpan.FromHours(1)),
        .. Enumerable.Range(0, 16).Select(at => new ItemComponentFeature($"of_{at:D2}", at, null, 16)),
    ]);

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly Meter _meter = new("Millrace.Test");
    private readonly List<string> _told = [];
    private readonly ILoggerFactory _logs;
    private FeatureFolder _folder = new(Features, new FeatureOptions());
    private readonly FeatureHealth _health;
    private int _items;

    public FeatureHealthTests()
    {
        _logs = LoggerFactory.Create(logging => logging.AddProvider(new ToldLog(_told)));
        var persons = new EmbeddedPersonStore(Features.Persons, 1);
        _health = new FeatureHealth(() => (_folder, persons), _clock, _meter, _logs.CreateLogger("test"));
    }

    public void Dispose()
    {
        _health.Dispose();
        _meter.Dispose();
        _logs.Dispose();
    }

    [Fact]
    public void Items_that_fit_are_silent()
    {
        Put("12.5", 0);
        Put("true", 0);
        Put(null, 0);
        _clock.Advance(FeatureHealth.Every);
        Assert.Empty(_told);
        Assert.All(Counted(), count => Assert.Equal(0, count.Value));
    }

    [Fact]
    public void A_text_where_a_number_is_expected_and_a_vector_of_another_length_are_counted_and_told_once_an_hour()
    {
        for (var i = 0; i < 5; i++)
        {
            Put("12,50 €", 6);
        }

        _clock.Advance(FeatureHealth.Every);
        Put("cheap", 0);
        _clock.Advance(10 * FeatureHealth.Every);
        Assert.Equal(
            [
                "itemsMisfit: Feature near reads as missing for 5 changes of items: embedding was expected to be 8 numbers, and is 6 numbers of item i4",
                "itemsMisfit: Feature of_00 and 15 more reads as missing for 5 changes of items: embedding was expected to be 16 numbers, and is 6 numbers of item i4",
                "itemsMisfit: Feature price reads as missing for 5 changes of items: attributes.price was expected to be a number, true or false, and is '12,50 €' of item i4",
            ],
            _told.Order(StringComparer.Ordinal));
        Assert.Equal([("near", 5L), ("of_00", 5L), ("price", 6L), ("weight", 0L)], Counted().OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => (count.Key, count.Value)));
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(4, _told.Count);
        Assert.Contains("6 changes of items", _told[3], StringComparison.Ordinal);
        _clock.Advance(TimeSpan.FromHours(3));
        Assert.Equal(4, _told.Count);
    }

    [Fact]
    public void A_fold_that_began_anew_is_told_of_though_it_has_counted_less()
    {
        Put("cheap", 0);
        Put("cheaper", 0);
        _clock.Advance(FeatureHealth.Every);
        _folder = new FeatureFolder(Features, new FeatureOptions());
        _clock.Advance(FeatureHealth.Every);
        Put("free", 0);
        _clock.Advance(FeatureHealth.Every);
        Assert.Equal(2, _told.Count);
        Assert.Contains("1 changes of items: attributes.price was expected to be a number, true or false, and is 'free'", _told[1], StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_shown_of_a_text_is_bounded()
    {
        Put(new string('x', 10_000), 0);
        var (_, got) = _health.MisfitsOf(Features.Definitions[Features.IndexOf("price")]).Single().Last!.Value;
        Assert.InRange(got.Length, 10, 100);
    }

    private void Put(string? price, int embedding)
    {
        var now = UnixMicros.Now(_clock);
        var attributes = ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal);
        _folder.Apply(new StoredFact(new Position(JournalStream.Items, 0, _items), new ItemChanged
        {
            Id = $"f{_items}", Item = $"i{_items++}", Time = now, Received = now, Attributes = price is null ? attributes : attributes.Add("price", [price]),
            Embedding = [.. Enumerable.Repeat(0.5f, embedding)],
        }));
        _folder.Freeze(now);
    }

    private Dictionary<string, long> Counted()
    {
        var counted = new Dictionary<string, long>(StringComparer.Ordinal);
        using var listener = new MeterListener { InstrumentPublished = (instrument, of) => of.EnableMeasurementEvents(instrument) };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (instrument.Meter == _meter && instrument.Name == "millrace.features.misfits")
            {
                counted[(string)tags[0].Value!] = value;
            }
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return counted;
    }
}
