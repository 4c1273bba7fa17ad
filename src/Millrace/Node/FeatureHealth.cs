using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Node;

/// <summary>
/// What is wrong with the values of features that serve, by feature: items that say something that the feature cannot take, which reads as missing, and bounds that left out what lies within
/// its windows. Exported, shown by <c>GET /v1/features</c>, and told in the log, of each feature once an hour.
/// </summary>
internal sealed class FeatureHealth : IDisposable
{
    /// <summary>How often it is looked at.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ToldAgain = TimeSpan.FromHours(1);

    private readonly Func<(FeatureFolder Folder, IPersonStore Persons)> _serving;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly ITimer _timer;
    private readonly Lock _looking = new();
    private Dictionary<Misfits, (long Count, long Told)> _told = [];

    /// <param name="serving">What serves now.</param>
    /// <param name="clock">The node's time.</param>
    /// <param name="meter">The node's meter.</param>
    /// <param name="log">Told of what items say that a feature cannot take.</param>
    public FeatureHealth(Func<(FeatureFolder Folder, IPersonStore Persons)> serving, TimeProvider clock, Meter meter, ILogger log)
    {
        (_serving, _clock, _log) = (serving, clock, log);
        meter.CreateObservableCounter(
            "millrace.features.misfits", () => Misfitting.GroupBy(one => one.Features[0], one => one.Misfits.Count)
                .Select(of => new Measurement<long>(of.Sum(), new KeyValuePair<string, object?>("feature", of.Key))),
            "{item}", "Changes of items that said something that a feature cannot take, and that reads as missing; by feature, of those that read the same the first by name.");
        meter.CreateObservableGauge(
            "millrace.features.inexact", () => Features.Select(feature => new Measurement<int>(InexactOf(feature) is null ? 0 : 1, new KeyValuePair<string, object?>("feature", feature.Name))),
            "{feature}", "1 while values of a feature may be others than the facts say, since a bound of folding left something out that lies within its windows.");
        _timer = clock.CreateTimer(_ => Look(), null, Every, Every);
    }

    /// <summary>What items say that a feature cannot take; empty for one that takes all.</summary>
    public IEnumerable<Misfits> MisfitsOf(FeatureDefinition feature) => _serving().Folder.MisfitsOf(feature);

    /// <summary>Why values of a feature that are served now may be others than the facts say.</summary>
    public Inexactness? InexactOf(FeatureDefinition feature) => InexactOf(feature, _serving().Folder.Current.Time, UnixMicros.Now(_clock));

    /// <summary>Why values of a feature may be others than the facts say that were served at a time.</summary>
    /// <inheritdoc cref="Inexactness.Covers" path="/param"/>
    public Inexactness? InexactOf(FeatureDefinition feature, UnixMicros epoch, UnixMicros asked)
    {
        var (folder, persons) = _serving();
        return Inexactness.Longest(folder.InexactOf(feature, epoch, asked), (persons as EmbeddedPersonStore)?.InexactOf(feature, folder.Current.Features, epoch, asked));
    }

    public void Dispose() => _timer.Dispose();

    private IEnumerable<FeatureDefinition> Features => _serving().Folder.Current.Features.Definitions;

    /// <summary>What items may not fit, with the names of the features that read it: the components of one embedding are many, and misfit as one.</summary>
    private IEnumerable<(Misfits Misfits, string[] Features)> Misfitting
    {
        get
        {
            var folder = _serving().Folder;
            return folder.Current.Features.Definitions
                .SelectMany(feature => folder.MisfitsOf(feature).Select(misfits => (Misfits: misfits, feature.Name)))
                .GroupBy(one => one.Misfits, one => one.Name)
                .Select(of => (of.Key, of.ToArray()));
        }
    }

    private void Look()
    {
        lock (_looking)
        {
            // What other definitions counted is forgotten with them: a fold that began anew counts from 0.
            var told = new Dictionary<Misfits, (long Count, long Told)>();
            foreach (var (misfits, features) in Misfitting)
            {
                if (Tell(misfits, features) is { } when)
                {
                    told.Add(misfits, when);
                }
            }

            _told = told;
        }
    }

    /// <returns>What was told last of it, and when; null when nothing ever was.</returns>
    private (long Count, long Told)? Tell(Misfits misfits, string[] features)
    {
        var told = _told.TryGetValue(misfits, out var before);
        if (misfits.Last is not var (item, got) || (told && (misfits.Count <= before.Count || _clock.GetElapsedTime(before.Told) < ToldAgain)))
        {
            return told ? before : null;
        }

        var count = misfits.Count;
        _log.LogWarning(
            NodeEvents.ItemsMisfit, "Feature {Feature} reads as missing for {Count} changes of items: {Field} was expected to be {Expected}, and is {Got} of item {Item}",
            features.Length == 1 ? features[0] : $"{features[0]} and {features.Length - 1} more", count, misfits.Field, misfits.Expected, got, item);
        return (count, _clock.GetTimestamp());
    }
}
