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
    private readonly Dictionary<string, (long Count, long Told)> _told = new(StringComparer.Ordinal);

    /// <param name="serving">What serves now.</param>
    /// <param name="clock">The node's time.</param>
    /// <param name="meter">The node's meter.</param>
    /// <param name="log">Told of what items say that a feature cannot take.</param>
    public FeatureHealth(Func<(FeatureFolder Folder, IPersonStore Persons)> serving, TimeProvider clock, Meter meter, ILogger log)
    {
        (_serving, _clock, _log) = (serving, clock, log);
        meter.CreateObservableCounter(
            "millrace.features.misfits", () => Features.Where(TakesSome).Select(feature => new Measurement<long>(MisfitsOf(feature).Sum(misfits => misfits.Count), new KeyValuePair<string, object?>("feature", feature.Name))),
            "{item}", "Changes of items that said something that a feature cannot take, and that reads as missing; by feature.");
        meter.CreateObservableGauge(
            "millrace.features.inexact", () => Features.Select(feature => new Measurement<int>(InexactOf(feature) is null ? 0 : 1, new KeyValuePair<string, object?>("feature", feature.Name))),
            "{feature}", "1 while values of a feature may be others than the facts say, since a bound of folding left something out that lies within its windows.");
        _timer = clock.CreateTimer(_ => Look(), null, Every, Every);
    }

    /// <summary>What items say that a feature cannot take; empty for one that takes all.</summary>
    public IEnumerable<Misfits> MisfitsOf(FeatureDefinition feature) => _serving().Folder.MisfitsOf(feature);

    /// <summary>Why values of a feature that are served now may be others than the facts say.</summary>
    public Inexactness? InexactOf(FeatureDefinition feature) => InexactOf(feature, UnixMicros.Now(_clock));

    /// <inheritdoc cref="InexactOf(FeatureDefinition)"/>
    public Inexactness? InexactOf(FeatureDefinition feature, UnixMicros time)
    {
        var (folder, persons) = _serving();
        return folder.InexactOf(feature, time) ?? (persons as EmbeddedPersonStore)?.InexactOf(feature, folder.Current.Features, time);
    }

    public void Dispose() => _timer.Dispose();

    private IEnumerable<FeatureDefinition> Features => _serving().Folder.Current.Features.Definitions;

    private bool TakesSome(FeatureDefinition feature) => MisfitsOf(feature).Any();

    private void Look()
    {
        foreach (var feature in Features)
        {
            foreach (var misfits in MisfitsOf(feature))
            {
                Tell(feature.Name, misfits);
            }
        }
    }

    private void Tell(string feature, Misfits misfits)
    {
        lock (_told)
        {
            var told = _told.TryGetValue(feature, out var before);
            if (misfits.Last is not var (item, got) || (told && (misfits.Count <= before.Count || _clock.GetElapsedTime(before.Told) < ToldAgain)))
            {
                return;
            }

            _told[feature] = (misfits.Count, _clock.GetTimestamp());
            _log.LogWarning(
                NodeEvents.ItemsMisfit, "Feature {Feature} reads as missing for {Count} changes of items: {Field} was expected to be {Expected}, and is {Got} of item {Item}",
                feature, misfits.Count, misfits.Field, misfits.Expected, got, item);
        }
    }
}
