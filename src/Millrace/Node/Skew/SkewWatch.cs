using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Features.PointInTime;
using Millrace.Journal;

namespace Millrace.Node.Skew;

/// <summary>
/// Folds the journal a second time, seconds behind serving, and compares the values of each full record with those that the journal gives, bit for bit. It begins with the
/// node, and anew whenever the definitions that serve change. Costs as much memory for items and persons as serving does, and a bounded share of one core.
/// </summary>
internal sealed class SkewWatch : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly UnixMicros Never = new(long.MaxValue / 2);

    private readonly IJournalReader _journal;
    private readonly Func<Serving> _serving;
    private readonly Func<FeatureDefinition, UnixMicros, UnixMicros, Inexactness?> _inexact;
    private readonly SkewWatchOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Counter<long> _skew;
    private readonly Counter<long> _compared;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private Round? _round;
    private Task _running = Task.CompletedTask;

    /// <param name="journal">Read, never written.</param>
    /// <param name="serving">What serves now.</param>
    /// <param name="inexact">Why values of a feature that were served at an epoch's time and a decision's may be others than the facts say.</param>
    /// <param name="options">How it folds.</param>
    /// <param name="clock">The node's time.</param>
    /// <param name="meter">The node's meter.</param>
    /// <param name="log">Told of what differs.</param>
    public SkewWatch(IJournalReader journal, Func<Serving> serving, Func<FeatureDefinition, UnixMicros, UnixMicros, Inexactness?> inexact, SkewWatchOptions options, TimeProvider clock, Meter meter, ILogger log)
    {
        (_journal, _serving, _inexact, _options, _clock, _log) = (journal, serving, inexact, options, clock, log);
        _skew = meter.CreateCounter<long>("millrace.features.skew", "{value}", "Values that were served otherwise than the journal gives them, by feature and kind.");
        _compared = meter.CreateCounter<long>("millrace.features.skew.compared", "{decision}", "Full records whose values were compared with those that the journal gives.");
    }

    /// <summary>What was found since features were last defined.</summary>
    public SkewReport Report
    {
        get
        {
            lock (_gate)
            {
                return _round?.Report() ?? SkewReport.Off;
            }
        }
    }

    /// <summary>Watches until disposed.</summary>
    public void Start() => _running = RunAsync();

    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var retry = new Backoff(_clock, Look, TimeSpan.FromMinutes(5));
        using var ticks = new PeriodicTimer(Look, _clock);
        try
        {
            // The node starts first: the journal's reads may complete at once.
            await ticks.WaitForNextTickAsync(_stop.Token);
            while (true)
            {
                if (retry.IsDue)
                {
                    await WatchAsync(retry);
                }

                await ticks.WaitForNextTickAsync(_stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    /// <summary>Watches one set of definitions until others serve, or the journal cannot be read.</summary>
    private async Task WatchAsync(Backoff retry)
    {
        using var ticks = new PeriodicTimer(Look, _clock);
        var features = _serving().Policies.Features;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var round = new Round(this, features);
        lock (_gate)
        {
            _round = round;
        }

        var following = round.Walk.FollowAsync(round, _clock, over.Token);
        try
        {
            while (!following.IsCompleted && !_stop.IsCancellationRequested && _serving().Policies.Features.Fingerprint == features.Fingerprint)
            {
                await Task.WhenAny(following, ticks.WaitForNextTickAsync(_stop.Token).AsTask());
            }

            over.Cancel();
            await following;
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            retry.Succeed();
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            retry.Fail();
            _log.LogError(NodeEvents.SkewWatchEnded, fault, "Served values cannot be compared with the journal; it is tried again, from the beginning");
        }
        finally
        {
            over.Cancel();
        }
    }

    /// <summary>The watch over one set of definitions.</summary>
    private sealed class Round : IMomentVisitor
    {
        private readonly SkewWatch _watch;
        private readonly FeatureSet _features;
        private readonly SkewCheck _check;
        private readonly SkewAlarms _alarms;
        private readonly UnixMicros _began;
        private SkewExcuse _excuse;
        private (UnixMicros Epoch, UnixMicros Decided) _compared;

        public Round(SkewWatch watch, FeatureSet features)
        {
            (_watch, _features, _began) = (watch, features, UnixMicros.Now(watch._clock));
            _check = new SkewCheck(features);
            _alarms = new SkewAlarms(watch._skew, watch._log);
            var resting = new Resting(watch._clock, watch._options.Share);
            Walk = new PointInTimeWalk(
                watch._journal,
                features,
                new WalkOptions
                {
                    From = _began,
                    To = Never,
                    Folding = watch._options.Folding,
                    MaxPersons = watch._options.MaxPersons,
                    Keys = watch._options.Keys,
                    Rest = resting.RestAsync,
                });
        }

        public PointInTimeWalk Walk { get; }

        public ValueTask VisitAsync(Moment moment, CancellationToken cancellation)
        {
            lock (_watch._gate)
            {
                var before = _check.Decisions;
                _check.Compare(moment);
                if (_check.Decisions > before)
                {
                    _watch._compared.Add(1);
                    _excuse = SkewExcuses.Of(Walk, _features.Reach);
                    _compared = (moment.Snapshot.Time, WalkOptions.TimeOf(moment.Decided));
                    _alarms.Look(_check, ExcuseOf);
                }
            }

            return ValueTask.CompletedTask;
        }

        public SkewReport Report() => new(
            true,
            _features.Fingerprint,
            _began,
            Walk.Reached == default ? null : Walk.Reached,
            _check.Decisions,
            Enum.GetValues<NotVisited>().Where(reason => Walk.Counts.Not(reason) > 0).ToImmutableSortedDictionary(Word, Walk.Counts.Not, StringComparer.Ordinal),
            _excuse,
            [.. _check.Features.Select(pair => Of(pair.Key, pair.Value))]);

        private SkewExcuse ExcuseOf(string name)
        {
            var feature = _features.Definitions[_features.IndexOf(name)];
            return (Walk.InexactOf(feature, _compared.Epoch, _compared.Decided) ?? _watch._inexact(feature, _compared.Epoch, _compared.Decided)) is null ? _excuse : SkewExcuse.BoundHit;
        }

        private FeatureSkewReport Of(string name, FeatureSkew skew) =>
            new(name, skew.Compared, skew.Mismatched, skew.Missing, skew.Extra, _alarms.IsUp(name), ExcuseOf(name), skew.First, skew.FirstTime);

        private static string Word(NotVisited reason) => char.ToLowerInvariant(reason.ToString()[0]) + reason.ToString()[1..];
    }
}

/// <summary>How a skew watch folds.</summary>
/// <param name="Folding">As the folder that serves.</param>
/// <param name="MaxPersons">Likewise.</param>
/// <param name="Share">Of one core, at most.</param>
/// <param name="Keys">The keys of persons: the watch forgets whom serving forgets.</param>
internal sealed record SkewWatchOptions(FeatureOptions Folding, int MaxPersons, double Share, ISubjectKeys? Keys = null);
