using System.Diagnostics;
using System.Globalization;
using Millrace.Backtest.ClickLogs;
using Millrace.Decisions;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Models.Policies;

namespace Millrace.Backtest;

/// <summary>
/// Replays clicks through the folder, the user state, the decider and the journal that a node serves HTTP with, on a clock that stands where the
/// log stands. A click is asked for before it is revealed: nothing that the decider reads knows of it or of anything later.
/// </summary>
internal sealed class BacktestReplay : IAsyncDisposable
{
    /// <summary>Facts that the journal in memory keeps in each partition: what is older has been folded and nothing reads it again.</summary>
    private const int KeepFacts = 10_000;

    /// <summary>Seen items that are kept of a session: more than the most active user of MovieLens rated.</summary>
    private const int MaxSeen = 1_000;

    private readonly BacktestOptions _options;
    private readonly VirtualClock _clock = new();
    private readonly MemoryJournal _journal;
    private readonly FeatureFolder _folder;
    private readonly EmbeddedUserState _users;
    private readonly Decider _decider;
    private readonly SlateScore _score = new();
    private UnixMicros? _frozen;
    private long _clicks;

    public BacktestReplay(BacktestOptions options)
    {
        _options = options;
        var features = FeatureSet.Create(BacktestPolicy.Features, PolicyWindows.Of([BacktestPolicy.Policy]));
        var policies = new PolicyTable(PolicySet.Create([BacktestPolicy.Policy], [BacktestPolicy.Place], features));
        _journal = new MemoryJournal(_clock, new MemoryJournalOptions { KeepFacts = KeepFacts });
        _folder = new FeatureFolder(features, new FeatureOptions { LearnItemsFromEvents = true, SessionIdle = options.SessionIdle });
        _users = new EmbeddedUserState(options.SessionIdle, maxSeen: MaxSeen);
        var decisions = new DeciderOptions { Timeout = Timeout.InfiniteTimeSpan, FullShare = 0, RememberedBytes = 0 };
        _decider = new Decider(decisions, _clock, () => _folder.Current, _users, policies, new DecisionLog(_journal));
    }

    /// <summary>Called with every scored click and the slate that was asked for before it.</summary>
    public Action<Click, IReadOnlyList<string>>? Predicted { get; init; }

    /// <summary>Replays the log to its end.</summary>
    /// <exception cref="InvalidDataException">The log has too many bad rows or does not fit its mapping.</exception>
    public async Task<BacktestReport> RunAsync(ClickLogReader log, BacktestProgress progress, CancellationToken cancellation)
    {
        UnixMicros? scoredFrom = null;
        foreach (var click in log.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            if (_clicks == _options.Take)
            {
                break;
            }

            _clock.MoveTo(click.Time);
            scoredFrom ??= click.Time + _options.WarmUp;
            if (click.Time >= scoredFrom && HasClicked(click))
            {
                Predict(click);
            }

            await RevealAsync(click);
            progress.Show(++_clicks, log.Progress, _score);
        }

        progress.End();
        return Report(progress.Elapsed);
    }

    public ValueTask DisposeAsync() => _journal.DisposeAsync();

    private bool HasClicked(in Click click) => !_users.Read("default", click.User, click.Session, click.Time).Recent.IsEmpty;

    private void Predict(in Click click)
    {
        if (_frozen is not { } frozen || click.Time - frozen >= _options.Epoch)
        {
            _folder.Freeze(click.Time);
            _frozen = click.Time;
        }

        var request = new DecideRequest
        {
            // The decider seeds its draws with the id.
            DecisionId = string.Create(CultureInfo.InvariantCulture, $"{_options.Seed}-{_clicks}"),
            Surface = BacktestPolicy.Surface,
            User = click.User,
            Session = click.Session,
            Time = click.Time,
        };
        var items = _decider.Decide(request).Slots[0].Items;
        var slate = new string[items.Length];
        for (var i = 0; i < slate.Length; i++)
        {
            slate[i] = items[i].Item;
        }

        _score.Add(slate, click.Item, click.Time, _folder.Current.Find(click.Item)?.FirstSeen);
        Predicted?.Invoke(click, slate);
    }

    private async ValueTask RevealAsync(Click click)
    {
        var observed = new Observed
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"c{_clicks}"),
            Event = "click",
            Item = click.Item,
            Surface = BacktestPolicy.Surface,
            Time = click.Time,
            Received = click.Time,
            User = click.User,
            Session = click.Session,
        };
        var stored = new StoredFact(await _journal.AppendAsync(observed), observed);
        _folder.Apply(stored);
        _users.Observe(stored);
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
            ColdStart = new ColdStartSlice(_score.ColdScored, _score.ColdHitRate),
            ClicksPerSecond = elapsed > TimeSpan.Zero ? Math.Round(_clicks / elapsed.TotalSeconds) : 0,
            PeakMemoryBytes = process.PeakWorkingSet64,
            Seed = _options.Seed,
            Clicks = _clicks,
            Items = items,
        };
    }
}
