using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Node;

/// <summary>
/// Measures how long it takes from the arrival of a fact until features show it, and alarms where an objective (<c>fresh: 1s</c>) is missed. A person's features show it when it
/// is folded, an item's with the next epoch. What a start or a backfill folds is not measured: nobody was served before. Told by the fold, asked by any thread.
/// </summary>
internal sealed class FreshnessWatch : IDisposable
{
    /// <summary>How often objectives are looked at.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    // Names of events are the callers' own: further ones are not told apart, and not measured.
    private const int MostEvents = 256;

    // Facts between two epochs of which each is measured; of more in one epoch the first ones, which wait for longest.
    private const int MostWaiting = 65_536;

    private const string Items = "\0item";

    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Shown> _shown = new(StringComparer.Ordinal);
    private readonly HashSet<string> _missed = new(StringComparer.Ordinal);
    private ImmutableDictionary<string, FeatureEvents> _features = ImmutableDictionary<string, FeatureEvents>.Empty;
    private long? _waitingSince;
    private bool _live;

    /// <param name="clock">Measures, and looks each second.</param>
    /// <param name="objectives">The features as they are configured now.</param>
    /// <param name="lag">How many facts wait to be folded.</param>
    /// <param name="meter">The node's meter.</param>
    /// <param name="log">Told when an objective is missed, and when it is met again.</param>
    public FreshnessWatch(TimeProvider clock, Func<IEnumerable<FeatureDefinition>> objectives, Func<long> lag, Meter meter, ILogger log)
    {
        (_clock, _log) = (clock, log);
        meter.CreateObservableGauge(
            "millrace.features.freshness", () => Wanted(objectives()).SelectMany(feature => Measurements(feature.Name)), "s",
            "From the arrival of a fact until a feature with an objective shows it, over the last minute; by feature, max or p99.");
        _timer = clock.CreateTimer(_ => Look(objectives(), lag()), null, Every, Every);
    }

    /// <summary>The features that serve from now on.</summary>
    public void Use(FeatureSet features)
    {
        lock (_gate)
        {
            _features = FeatureEvents.Of(features);
        }
    }

    /// <summary>Facts were folded: persons' features show them.</summary>
    public void Folded(IReadOnlyList<StoredFact> facts)
    {
        lock (_gate)
        {
            if (!_live)
            {
                return;
            }

            var now = Now;
            foreach (var stored in facts)
            {
                if (stored.Fact.Received.Value > 0 && EventOf(stored.Fact) is { } name && ShownOf(name) is { } shown)
                {
                    shown.AtFold.Add(now / 1_000_000, now - stored.Fact.Received.Value);
                    if (shown.Waiting.Count < MostWaiting)
                    {
                        shown.Waiting.Add(stored.Fact.Received.Value);
                    }
                }
            }
        }
    }

    /// <summary>An epoch is read: all that was folded before shows.</summary>
    public void Published()
    {
        lock (_gate)
        {
            _live = true;
            _waitingSince = null;
            var now = Now;
            foreach (var shown in _shown.Values)
            {
                foreach (var received in shown.Waiting)
                {
                    shown.AtEpoch.Add(now / 1_000_000, now - received);
                }

                shown.Waiting.Clear();
            }
        }
    }

    /// <summary>How fresh a feature was over the last minute; what still waits counts as if it showed now. Null when nothing came.</summary>
    public Freshness? Of(string feature)
    {
        lock (_gate)
        {
            if (!_features.TryGetValue(feature, out var events) || events.IsTimeless)
            {
                return null;
            }

            var now = Now;
            var counts = SlidingDelays.NewCounts();
            var (max, waiting) = (0L, _waitingSince is { } since ? now - since : 0);
            foreach (var (name, shown) in _shown.Where(shown => events.Reads(shown.Key)))
            {
                max = Math.Max(max, (events.IsPersons ? shown.AtFold : shown.AtEpoch).Collect(now / 1_000_000, counts));
                waiting = Math.Max(waiting, !events.IsPersons && shown.Waiting.Count > 0 ? now - shown.Waiting.Min() : 0);
            }

            max = Math.Max(max, waiting);
            var p99 = SlidingDelays.Quantile(counts, 0.99, max);
            return max == 0 && counts.AsSpan().IndexOfAnyExcept(0) < 0 ? null : new Freshness(Span(max), Span(p99));
        }
    }

    /// <summary>Whether a feature misses its objective now.</summary>
    public bool IsMissed(string feature)
    {
        lock (_gate)
        {
            return _missed.Contains(feature);
        }
    }

    public void Dispose() => _timer.Dispose();

    private long Now => UnixMicros.Now(_clock).Value;

    private static TimeSpan Span(long micros) => TimeSpan.FromTicks(micros * TimeSpan.TicksPerMicrosecond);

    private static IEnumerable<FeatureDefinition> Wanted(IEnumerable<FeatureDefinition> features) => features.Where(feature => feature.Info.Fresh is not null);

    private static string? EventOf(Fact fact) => fact switch
    {
        Observed { Counts: true } observed => observed.Event,
        ItemChanged => Items,
        _ => null,
    };

    private Shown? ShownOf(string name)
    {
        if (_shown.TryGetValue(name, out var shown))
        {
            return shown;
        }

        if (_shown.Count >= MostEvents || !_features.Values.Any(feature => feature.Reads(name)))
        {
            return null;
        }

        return _shown[name] = new Shown();
    }

    private IEnumerable<Measurement<double>> Measurements(string feature) => Of(feature) is { } fresh
        ?
        [
            new(fresh.Max.TotalSeconds, [new("feature", feature), new("stat", "max")]),
            new(fresh.P99.TotalSeconds, [new("feature", feature), new("stat", "p99")]),
        ]
        : [];

    private void Look(IEnumerable<FeatureDefinition> objectives, long lag)
    {
        lock (_gate)
        {
            // Facts that are not read yet say nothing of themselves: they wait at least since they were seen first.
            _waitingSince = lag > 0 && _live ? _waitingSince ?? Now : null;
        }

        foreach (var feature in Wanted(objectives))
        {
            Judge(feature.Name, feature.Info.Fresh!.Value);
        }
    }

    private void Judge(string feature, TimeSpan objective)
    {
        var fresh = Of(feature);
        var missed = fresh is { } measured && measured.Max > objective;
        lock (_gate)
        {
            if (missed ? !_missed.Add(feature) : !_missed.Remove(feature))
            {
                return;
            }
        }

        if (missed)
        {
            _log.LogWarning(
                NodeEvents.FreshnessMissed, "Feature {Feature} shows facts after {Max} (99 % within {P99}), and its objective is {Objective}", feature, fresh!.Value.Max, fresh.Value.P99, objective);
        }
        else
        {
            _log.LogInformation(NodeEvents.FreshnessMet, "Feature {Feature} meets its objective of {Objective} again", feature, objective);
        }
    }

    private sealed class Shown
    {
        public SlidingDelays AtFold { get; } = new();

        public SlidingDelays AtEpoch { get; } = new();

        public List<long> Waiting { get; } = [];
    }

    /// <summary>Which events a feature reads, also by way of its formula.</summary>
    private sealed record FeatureEvents(ImmutableArray<Func<string, bool>> Events, bool IsPersons, bool IsTimeless)
    {
        public bool Reads(string name) => Events.Any(reads => reads(name));

        public static ImmutableDictionary<string, FeatureEvents> Of(FeatureSet features)
        {
            var context = new FoldContext(new FeatureOptions(), new FoldCounts());
            return features.Definitions.ToImmutableDictionary(definition => definition.Name, definition => Of(features, definition, context), StringComparer.Ordinal);
        }

        private static FeatureEvents Of(FeatureSet features, FeatureDefinition definition, FoldContext context)
        {
            var all = Closure(features, definition);
            ItemState[] states = [.. all.SelectMany(one => one.States).Select(key => key.Create(context))];
            PersonState[] sections = [.. all.SelectMany(one => one.Sections).Select(key => key.Create())];
            var ofItems = all.Any(one => one.Entity is FeatureEntity.Item or FeatureEntity.ItemContext or FeatureEntity.UserItem or FeatureEntity.UserAttribute);
            return new FeatureEvents(
                [
                    .. states.Select(state => (Func<string, bool>)(name => name != Items && state.Wants(name))),
                    .. sections.Select(section => (Func<string, bool>)(name => name != Items && section.Wants(name))),
                    .. ofItems ? [name => name == Items] : (Func<string, bool>[])[],
                ],
                states.Length == 0 && sections.Length > 0,
                states.Length == 0 && sections.Length == 0 && !ofItems);
        }

        /// <summary>A feature and all that it reads, each once.</summary>
        private static HashSet<FeatureDefinition> Closure(FeatureSet features, FeatureDefinition definition)
        {
            var all = new HashSet<FeatureDefinition> { definition };
            var left = new Queue<FeatureDefinition>(all);
            while (left.TryDequeue(out var one))
            {
                foreach (var input in one.Inputs.Select(features.IndexOf).Where(index => index >= 0).Select(index => features.Definitions[index]).Where(all.Add))
                {
                    left.Enqueue(input);
                }
            }

            return all;
        }
    }
}

/// <summary>How long features took to show facts, over a minute.</summary>
/// <param name="Max">The longest.</param>
/// <param name="P99">What 99 of 100 did not exceed.</param>
internal readonly record struct Freshness(TimeSpan Max, TimeSpan P99);
