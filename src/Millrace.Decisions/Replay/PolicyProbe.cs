using System.Collections.Immutable;
using System.Text.Json;
using Millrace.Decisions.Exploration;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Ranking;
using Millrace.Decisions.Reranking;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;

namespace Millrace.Decisions.Replay;

/// <summary>
/// Says with which probabilities a policy, under any weights of its heads, would have made a recorded slate: what off-policy estimates divide by what was logged. A pure
/// function of record, policy and weights, by the code that decides; the heads are asked once for a record, whatever the number of weights. Holds buffers: one thread.
/// </summary>
public sealed class PolicyProbe
{
    private readonly Policy _policy;
    private readonly RankingPlan _plan;
    private readonly RankBuffers _buffers = new();
    private readonly Dictionary<string, int> _indexes = new(StringComparer.Ordinal);
    private Decided? _recorded;
    private DecisionInputs _inputs = null!;
    private SlateInputs _slateInputs = null!;
    private ImmutableArray<RequestSlot> _slots = [];
    private float[] _matrix = [];
    private float[] _terms = [];
    private int[] _slate = [];
    private int _places;

    /// <param name="policy">Without faults.</param>
    /// <param name="shelf">Its models.</param>
    /// <exception cref="ModelMissingException">A model is not on the shelf.</exception>
    /// <exception cref="Models.Trees.ForestException">A model is not what its head takes it for.</exception>
    public PolicyProbe(Policy policy, IModelShelf shelf)
    {
        _policy = policy;
        _plan = RankingPlan.Compile(policy, shelf);
        Heads = [.. _plan.Heads.Select(static head => head.Name)];
    }

    /// <summary>The policy's heads in the order of weights: ordinal.</summary>
    public ImmutableArray<string> Heads { get; }

    /// <summary>The policy's own weights.</summary>
    public ImmutableArray<double> Weights => _plan.Weights;

    /// <summary>How many candidates the record read last has.</summary>
    public int Candidates => _inputs.Candidates.Length;

    /// <summary>By place, over all slots in their order, the candidate that the record placed there; −1 for none.</summary>
    public ReadOnlySpan<int> Slate => _slate.AsSpan(0, _places);

    /// <summary>Takes a record to be asked about.</summary>
    /// <param name="recorded">As read back from the journal.</param>
    /// <param name="logged">The policy that decided it: its pins say which places a short slot left empty.</param>
    public ProbeRefusal Read(Decided recorded, Policy logged)
    {
        _recorded = null;
        if (Refusal(recorded) is var refusal and not ProbeRefusal.None) return refusal;
        _inputs = recorded.Inputs!;
        if (!Fits(recorded)) return ProbeRefusal.Damaged;
        if (!ReadMatrix()) return ProbeRefusal.OtherInputs;
        try
        {
            RecordedRequest request = RecordedRequest.Read(_inputs.Request);
            _slots = request.Slots;
            _terms = request.Terms.Restore(_plan, Candidates);
            _slateInputs = request.Slate.Restore(_policy, Candidates, (Rung)recorded.Rung);
        }
        catch (JsonException)
        {
            return ProbeRefusal.OtherInputs;
        }

        _recorded = recorded;
        if (!ReadSlate(logged)) return ProbeRefusal.Damaged;
        _plan.Predict(_matrix.AsSpan(0, Candidates * _plan.Columns.Length), _buffers, Candidates, _terms);
        return ProbeRefusal.None;
    }

    /// <summary>What a head says of each candidate of the record.</summary>
    public ReadOnlySpan<double> Values(int head) => _plan.Values(_buffers, head, Candidates);

    /// <summary>
    /// The probability of each place of the recorded slate, given the places above it, under the bonuses of pacing that were in force; 0 from the first place on that could not
    /// have been.
    /// </summary>
    /// <remarks>Other weights would in time have brought other bonuses: what is estimated is one decision under them, not a day.</remarks>
    /// <param name="weights">By head.</param>
    /// <param name="propensities">As long as <see cref="Slate"/>.</param>
    /// <param name="all">Row-major, places × candidates: what each candidate would have had there; rows behind the first place of 0 stay 0. Empty for nobody to know.</param>
    public void Propensities(ReadOnlySpan<double> weights, Span<double> propensities, Span<double> all = default)
    {
        int count = Candidates;
        RankProblem problem = Problem(_policy);
        Span<double> scores = RankBuffers.Of(ref _buffers.Scores, count);
        _plan.Combine(weights, _buffers, scores);
        ReadOnlySpan<double> added = Additions.Of(problem, _buffers);
        Additions.Add(added, scores);
        Span<int> order = RankBuffers.Of(ref _buffers.Order, count);
        Scoring.Sort(problem.Ids, scores, RankBuffers.Of(ref _buffers.Keys, count), order);
        Span<double> draws = _plan.Draw(weights, problem.Matrix, _buffers, problem.Seed, count);
        Additions.Add(added, draws);
        SlateProblem slate = SlateBuilder.Bind(problem, _buffers, scores, draws, Scoring.Admit(problem, _buffers, order, _places), _places);
        SlateSampler.Propensities(slate, Slate, _buffers.Sampling, propensities, all);
    }

    private static ProbeRefusal Refusal(Decided recorded) => recorded switch
    {
        { Erased: true } => ProbeRefusal.Erased,
        { Inputs: null } => ProbeRefusal.NotRecorded,
        _ when recorded.Engine != Engine.Number => ProbeRefusal.EngineChanged,
        _ when DecideModes.Parse(recorded.Mode) != DecideMode.Online => ProbeRefusal.NotOnline,
        _ when !Replayer.IsScored(recorded, recorded.Inputs) => ProbeRefusal.NotScored,
        _ => ProbeRefusal.None,
    };

    private bool Fits(Decided recorded) =>
        recorded.CandidateCount == Candidates && _inputs.Sources.Length == Candidates && _inputs.Providers.Length == Candidates
        && _inputs.Matrix.Length == (long)Candidates * _inputs.Features.Length;

    /// <summary>The columns that this policy's heads read, of those that were recorded.</summary>
    private bool ReadMatrix()
    {
        ImmutableArray<string> columns = _plan.Columns;
        int width = _inputs.Features.Length;
        Span<float> matrix = RankBuffers.Of(ref _matrix, Candidates * columns.Length);
        for (int c = 0; c < columns.Length; c++)
        {
            int from = _inputs.Features.IndexOf(columns[c]);
            if (from < 0) return false;
            for (int i = 0; i < Candidates; i++) matrix[(i * columns.Length) + c] = _inputs.Matrix[(i * width) + from];
        }

        return true;
    }

    /// <summary>Puts recorded items back at their places: a slot that ended short closed up, and only pins follow a place that stayed empty.</summary>
    private bool ReadSlate(Policy logged)
    {
        ImmutableArray<DecidedSlot> slots = _recorded!.Slots;
        if (slots.Length != _slots.Length || _slots.Sum(slot => (long)slot.Count) > PolicyValidator.MostItems * 100L) return false;
        _places = _slots.Sum(slot => slot.Count);
        Span<int> slate = RankBuffers.Of(ref _slate, _places);
        ReadOnlySpan<int> pins = SlateBuilder.Pin(Problem(logged), _buffers, _places);
        _indexes.Clear();
        for (int i = 0; i < Candidates; i++) _indexes.TryAdd(_inputs.Candidates[i], i);
        slate.Fill(-1);
        int first = 0;
        for (int s = 0; s < slots.Length; s++)
        {
            int next = 0;
            for (int place = first; place < first + _slots[s].Count; place++)
            {
                if (next == slots[s].Items.Length) break;
                if (!_indexes.TryGetValue(slots[s].Items[next].Item, out int candidate)) return false;
                int pinned = pins.IndexOf(candidate);
                if (pinned > place || (pins[place] >= 0 && pins[place] != candidate)) continue;
                slate[place] = candidate;
                next++;
            }

            if (next < slots[s].Items.Length) return false;
            first += _slots[s].Count;
        }

        return true;
    }

    private RankProblem Problem(Policy policy) => new()
    {
        Ids = _inputs.Candidates.AsSpan(),
        Sources = _inputs.Sources.AsSpan(),
        Slate = _slateInputs,
        Matrix = _matrix.AsSpan(0, Candidates * _plan.Columns.Length),
        Terms = _terms,
        Plan = _plan,
        Slots = _slots.AsSpan(),
        Policy = policy,
        Rung = (Rung)_recorded!.Rung,
        Mode = DecideMode.Online,
        Seed = _recorded.Seed,
    };
}
