using System.Collections.Immutable;
using Millrace.Backtest.ClickLogs;
using Millrace.Decisions;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Backtest.Learnt;

/// <summary>
/// Ranks the candidates of the stage by models that are trained during the replay, and beside them by what is not learnt: the blend, the fused lists, popularity, V-SkNN and STAN. Every
/// model scores clicks after all that it has learnt from; the second half of the warm-up gives the first examples.
/// </summary>
internal sealed class LearntProbe : IReplayProbe
{
    private readonly LearntOptions _options;
    private readonly BacktestSetup _setup = LearntPolicy.Setup;
    private readonly CandidateGatherer _gatherer;
    private readonly CandidatePlan _stage;
    private readonly FirstPhasePlan _plan;
    private readonly LearntColumns _columns;
    private readonly LearntSignals _signals = new();
    private readonly LearntExamples _examples;
    private readonly ImmutableArray<(LearntRanker Ranker, RankedClicks Clicks)> _learnt;
    private readonly RankedClicks _blend = new("blend of the built-in policy");
    private readonly RankedClicks _lists = new("fused lists");
    private readonly RankedClicks _popular = new("most clicked, 1 h");
    private readonly RankedClicks _vsknn = new("V-SkNN");
    private readonly RankedClicks _stan = new("STAN");
    private readonly RankedClicks _stanOfNews = new("STAN, 3 h");
    private readonly RequestSlot[] _slots;
    private readonly Workspace _work = new();
    private readonly List<DegradedReason> _reasons = [];
    private readonly int _popularity;
    private UnixMicros _scoredFrom;
    private float[] _matrix = [];
    private long _asked;
    private long _inPool;

    /// <param name="options">What is learnt.</param>
    /// <param name="clock">Of the gatherer, which has no deadline here.</param>
    public LearntProbe(LearntOptions options, TimeProvider clock)
    {
        _options = options;
        _gatherer = new CandidateGatherer(clock, static fault => throw new InvalidOperationException("a source failed", fault));
        _slots = [.. _setup.Surface.Slots.Select(RequestSlot.Of)];
        var features = FeatureSet.Create(_setup.Features, PolicyWindows.Of([_setup.Policy]));
        _stage = new CandidatePlan(_setup.Policy, features, _setup.Models);
        _plan = FirstPhasePlan.OfAll(_setup.Policy, _setup.Features.Select(static feature => feature.Name));
        _columns = new LearntColumns(_plan);
        _popularity = _columns.Names.IndexOf("clicks_1h");
        _examples = new LearntExamples(_columns.Names.Length, options.Window, (ulong)options.Seed);
        _learnt = [.. options.Variants.Select(variant => (new LearntRanker(variant, _columns, options.Seed), new RankedClicks(variant.Name)))];
    }

    public UnixMicros AsksFrom(UnixMicros first, UnixMicros scoredFrom)
    {
        _scoredFrom = scoredFrom;
        return first + ((scoredFrom - first) / 2);
    }

    public async ValueTask<bool> WantsAsync(UnixMicros time, CancellationToken cancellation)
    {
        if (_asked++ % _options.Every != 0)
        {
            return false;
        }

        if (time >= _scoredFrom && _examples.Count > 0)
        {
            foreach (var (ranker, _) in _learnt)
            {
                if (ranker.IsDue(time)) await ranker.TrainAsync(_examples, time, cancellation);
            }
        }

        return true;
    }

    public void Observe(in Click click) => _signals.Observe(click);

    public string Says() => _learnt.IsEmpty ? _blend.All.Says() : _learnt[^1].Clicks.All.Says();

    public void Score(in Click click, DecideRequest request, FeatureSnapshot snapshot, EmbeddedPersonStore persons, bool heldOut)
    {
        persons.Read(request.Tenant, request.User, request.Session, _work.Person);
        var (names, items) = Read(click, request, snapshot);
        var clicked = Array.IndexOf(names, click.Item);
        var matrix = _matrix.AsSpan(0, names.Length * _columns.Names.Length);
        if (click.Time >= _scoredFrom)
        {
            _inPool += clicked >= 0 ? 1 : 0;
            Judge(click, names, items, matrix, snapshot.Find(click.Item)?.FirstSeen, heldOut);
        }

        if (clicked >= 0)
        {
            _examples.Add(matrix, clicked, _columns.Read + 1);
        }
    }

    /// <summary>What was found.</summary>
    public LearntReport Report(TimeSpan? heldOutFrom) => new()
    {
        Every = _options.Every,
        Window = _options.Window,
        Seed = _options.Seed,
        Columns = _columns.Names.Length,
        Recall = _blend.All.Scored == 0 ? 0 : (double)_inPool / _blend.All.Scored,
        HeldOutFromDay = heldOutFrom?.TotalDays + 1,
        Rankings =
        [
            .. ((RankedClicks[])[_popular, _vsknn, _stan, _stanOfNews, _lists, _blend]).Select(static clicks => LearntReport.Of(clicks, 0)),
            .. _learnt.Select(static learnt => LearntReport.Of(learnt.Clicks, learnt.Ranker.Trainings)),
        ],
    };

    /// <summary>Gathers the candidates, in the order of the fused lists, and reads them into the matrix.</summary>
    private (string[] Names, int[] Items) Read(in Click click, DecideRequest request, FeatureSnapshot snapshot)
    {
        _work.Begin(snapshot, click.Time, PolicyValidator.MostCandidates);
        var asked = new Request(request, _setup.Surface, _setup.Policy, snapshot, click.Time, 0) { Candidates = _stage, Plan = null!, Context = FactContext.None };
        _gatherer.Gather(_work, asked, Rung.Full, _slots, long.MaxValue, _reasons);
        var wide = _work.Wide;
        wide.Take(LearntPolicy.Pool, _work.Sink.Fused, snapshot);
        var read = wide.Read(_plan, _work, asked);
        var width = _columns.Names.Length;
        var names = new string[wide.Count];
        var items = new int[wide.Count];
        if (_matrix.Length < wide.Count * width) _matrix = new float[LearntPolicy.Pool * width];
        for (var i = 0; i < wide.Count; i++)
        {
            names[i] = snapshot.Item(wide.Rows[i]).Id;
            items[i] = _signals.NumberOf(names[i]);
            read.Slice(i * _columns.Read, _columns.Read).CopyTo(_matrix.AsSpan(i * width));
        }

        _work.Sink.Fused.Clear();
        _signals.Ask(click);
        _signals.Fill(click, items, _columns, _matrix.AsSpan(0, wide.Count * width));
        return (names, items);
    }

    private void Judge(in Click click, string[] names, int[] items, ReadOnlySpan<float> matrix, UnixMicros? firstSeen, bool heldOut)
    {
        var scores = new double[names.Length];
        var popular = Slate(names, Column(matrix, _popularity, scores));
        var (item, time) = (click.Item, click.Time);
        _popular.Add(popular, item, time, firstSeen, heldOut);
        _vsknn.Add(Slate(_signals.Vsknn, popular), item, time, firstSeen, heldOut);
        _stan.Add(Slate(_signals.Stan, popular), item, time, firstSeen, heldOut);
        _stanOfNews.Add(Slate(_signals.StanOfNews, popular), item, time, firstSeen, heldOut);
        _lists.Add(names[..Math.Min(names.Length, SlateScore.Depth)], item, time, firstSeen, heldOut);
        var blend = Slate(names, Column(matrix, _columns.Read, scores));
        _blend.Add(blend, item, time, firstSeen, heldOut);
        foreach (var (ranker, clicks) in _learnt)
        {
            clicks.Add(ranker.Score(matrix, scores) ? Slate(names, scores) : blend, item, time, firstSeen, heldOut);
        }
    }

    private double[] Column(ReadOnlySpan<float> matrix, int column, double[] scores)
    {
        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = matrix[(i * _columns.Names.Length) + column];
        }

        return scores;
    }

    /// <summary>The best by score; of equal ones the first.</summary>
    private static string[] Slate(string[] names, double[] scores) =>
        [.. Enumerable.Range(0, names.Length).OrderByDescending(i => scores[i]).Take(SlateScore.Depth).Select(i => names[i])];

    /// <summary>The best of the neighbours, then what is popular.</summary>
    private string[] Slate(Dictionary<int, double> scores, string[] popular) =>
        [.. scores.OrderByDescending(static pair => pair.Value).ThenBy(static pair => pair.Key).Take(SlateScore.Depth).Select(pair => _signals.NameOf(pair.Key)).Union(popular, StringComparer.Ordinal).Take(SlateScore.Depth)];
}
