using System.Diagnostics;
using System.Globalization;
using Millrace.Backtest.ClickLogs;
using Millrace.Decisions;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Backtest;

/// <summary>
/// Replays clicks through the folder, the user state and the decider that a node serves HTTP with, on a clock that stands where the log stands, into a
/// journal in memory or on disk. A click is asked for before it is revealed: nothing that the decider reads knows of it or of anything later.
/// </summary>
internal sealed class BacktestReplay
{
    /// <summary>Seen items that are kept of a session: more than the most active user of MovieLens rated.</summary>
    private const int MaxSeen = 1_000;

    /// <summary>The key of the context under which the segment stands, unless the policy says otherwise.</summary>
    public const string SegmentKey = "segment";

    private readonly BacktestOptions _options;
    private readonly VirtualClock _clock;
    private readonly JournalBehind _journal;
    private readonly FeatureFolder _folder;
    private readonly EmbeddedPersonStore _persons;
    private readonly PersonBuffer _person = new();
    private readonly PolicySet _policies;
    private readonly NeighbourIndexes _neighbours = new(new NeighbourOptions());
    private readonly Decider _decider;
    private readonly SlateScore _score = new();
    private readonly SlateScore _heldOut = new();
    private UnixMicros? _frozen;
    private long _clicks;

    /// <param name="options">What decides, and what is scored.</param>
    /// <param name="journal">Takes every click and decision; stays the caller's.</param>
    /// <param name="clock">The clock that the journal was made with; the replay moves it.</param>
    public BacktestReplay(BacktestOptions options, IJournal journal, VirtualClock clock)
    {
        (_options, _clock, _journal) = (options, clock, new JournalBehind(journal));
        var setup = options.Setup;
        var features = FeatureSet.Create(setup.Features, PolicyWindows.Of([setup.Policy]), seen: MaxSeen);
        _policies = PolicySet.Create([setup.Policy], [setup.Surface], features, setup.Models);
        _folder = new FeatureFolder(features, new FeatureOptions { LearnItemsFromEvents = true, SessionIdle = options.SessionIdle });
        _persons = new EmbeddedPersonStore(features.Persons, journal.Partitions(JournalStream.Events), options.SessionIdle);
        var decisions = new DeciderOptions { Timeout = Timeout.InfiniteTimeSpan, FullShare = 0, RememberedBytes = 0 };
        _decider = new Decider(decisions, _clock, new ServingTable(new Serving(_policies, () => _folder.Current, _persons) { Neighbours = _neighbours }), _journal);
    }

    /// <summary>Judges something else in place of the slates; null judges slates.</summary>
    public IReplayProbe? Probe { get; init; }

    /// <summary>Called with every scored click and the slate that was asked for before it.</summary>
    public Action<Click, IReadOnlyList<string>>? Predicted { get; init; }

    /// <summary>Replays the log to its end.</summary>
    /// <exception cref="InvalidDataException">The log has too many bad rows or does not fit its mapping.</exception>
    public async Task<BacktestReport> RunAsync(ClickLogReader log, BacktestProgress progress, CancellationToken cancellation)
    {
        UnixMicros? askedFrom = null;
        var heldOutFrom = new UnixMicros(long.MaxValue);
        foreach (var click in log.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            if (_clicks == _options.Take)
            {
                break;
            }

            _clock.MoveTo(click.Time);
            if (askedFrom is null)
            {
                var scoredFrom = click.Time + _options.WarmUp;
                askedFrom = Probe?.AsksFrom(click.Time, scoredFrom) ?? scoredFrom;
                heldOutFrom = _options.HeldOut is { } after ? click.Time + after : heldOutFrom;
            }

            if (click.Time >= askedFrom && HasClicked(click) && (Probe is null || await Probe.WantsAsync(click.Time, cancellation)))
            {
                Predict(click, click.Time >= heldOutFrom);
            }

            Reveal(click);
            Probe?.Observe(click);
            await _journal.BoundAsync();
            progress.Show(++_clicks, log.Progress, Probe is { } judged ? judged.Says : _score.Says);
        }

        await _journal.FlushAsync();
        progress.End();
        return Report(progress.Elapsed);
    }

    private bool HasClicked(in Click click)
    {
        _persons.Read("default", click.User, click.Session, _person);
        return !_person.Run(click.Time).IsEmpty;
    }

    private void Predict(in Click click, bool heldOut)
    {
        if (_frozen is not { } frozen || click.Time - frozen >= _options.Epoch)
        {
            // At once, so that a replay gives the same answers whatever the machine.
            _neighbours.Follow(_policies, _folder.Freeze(click.Time));
            _frozen = click.Time;
        }

        var request = new DecideRequest
        {
            // The decider seeds its draws with the id.
            DecisionId = string.Create(CultureInfo.InvariantCulture, $"{_options.Seed}-{_clicks}"),
            Surface = _options.Setup.Surface.Name,
            User = click.User,
            Session = click.Session,
            Time = click.Time,
            Context = click.Segment is { } segment ? FactContext.None.Add(_options.Setup.Policy.Segment ?? SegmentKey, segment) : FactContext.None,
        };
        if (Probe is { } probe)
        {
            probe.Score(click, request, _folder.Current, _persons, heldOut);
            return;
        }

        var items = _decider.Decide(request).Slots[0].Items;
        var slate = new string[items.Length];
        for (var i = 0; i < slate.Length; i++)
        {
            slate[i] = items[i].Item;
        }

        var firstSeen = _folder.Current.Find(click.Item)?.FirstSeen;
        _score.Add(slate, click.Item, click.Time, firstSeen);
        if (heldOut)
        {
            _heldOut.Add(slate, click.Item, click.Time, firstSeen);
        }

        Predicted?.Invoke(click, slate);
    }

    private void Reveal(in Click click)
    {
        var observed = new Observed
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"c{_clicks}"),
            Event = "click",
            Item = click.Item,
            Surface = _options.Setup.Surface.Name,
            Time = click.Time,
            Received = click.Time,
            User = click.User,
            Session = click.Session,
            Segment = click.Segment,
        };
        var stored = _journal.Append(observed);
        _folder.Apply(stored);
        _persons.Observe(stored);
    }

    private BacktestReport Report(TimeSpan elapsed)
    {
        var items = _folder.Freeze(UnixMicros.Now(_clock)).Rows;
        using var process = Process.GetCurrentProcess();
        return new BacktestReport
        {
            HitRateAt10 = _score.HitRate,
            MrrAt10 = _score.MeanReciprocalRank,
            Scored = _score.Scored,
            Coverage = _score.Coverage(items),
            ColdStart = ColdStartSlice.Of(_score),
            HeldOut = _options.HeldOut is { } after && _heldOut.Scored > 0
                ? new HeldOutPart(after.TotalDays + 1, _heldOut.Scored, _heldOut.HitRate, _heldOut.MeanReciprocalRank, ColdStartSlice.Of(_heldOut))
                : null,
            Policy = _options.Setup.Policy.Name,
            ClicksPerSecond = elapsed > TimeSpan.Zero ? Math.Round(_clicks / elapsed.TotalSeconds) : 0,
            PeakMemoryBytes = process.PeakWorkingSet64,
            Seed = _options.Seed,
            Clicks = _clicks,
            Items = items,
            WarmUp = _options.WarmUp,
        };
    }
}
