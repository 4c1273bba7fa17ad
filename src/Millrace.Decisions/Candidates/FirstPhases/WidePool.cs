using Millrace.Decisions.Pipeline;
using Millrace.Decisions.Ranking;
using Millrace.Features.Definitions;
using Millrace.Features.Numerics;
using Millrace.Features.Online;
using Millrace.Models.Trees;

namespace Millrace.Decisions.Candidates;

/// <summary>
/// The wide pool of one decision: what the fused lists put first, in the order of their points, and by the head of a first phase which of it stays. Reused from decision to
/// decision.
/// </summary>
internal sealed class WidePool
{
    private readonly ForestScratch _forests = new();
    private ScoredRow[] _wide = [];
    private int[] _rows = [];
    private float[] _read = [];
    private float[] _matrix = [];
    private double[] _scores = [];
    private ulong[] _keys = [];
    private int[] _order = [];
    private int _inOrder;

    /// <summary>How many items it holds.</summary>
    internal int Count { get; private set; }

    /// <summary>How many of them stayed.</summary>
    internal int Kept { get; private set; }

    /// <summary>The rows of the items, in the order of their points.</summary>
    internal ReadOnlySpan<int> Rows => _rows.AsSpan(0, Count);

    /// <summary>Forgets the decision before.</summary>
    internal void Clear() => (Count, Kept, _inOrder) = (0, 0, 0);

    /// <summary>Reads what <paramref name="plan"/> reads of the items, row-major.</summary>
    internal ReadOnlySpan<float> Read(FirstPhasePlan plan, Workspace work, in Request asked)
    {
        int width = plan.Columns.Length;
        int features = plan.Features.Length;
        Span<float> matrix = RankBuffers.Of(ref _matrix, Count * width);
        Span<float> read = RankBuffers.Of(ref _read, Count * features);
        if (features > 0) asked.Snapshot.Features.Plan(plan, plan.Features).Run(FeatureMatrix.Inputs(asked, work.Person, Rows), work.Scratch, read);
        CandidateSink sink = work.Sink;
        for (int i = 0; i < Count; i++)
        {
            Span<float> row = matrix.Slice(i * width, width);
            plan.Fill(sink.Lists.Of(sink.Fused.NumberOf(_rows[i])), _wide[i].Score, row[..(width - features)]);
            read.Slice(i * features, features).CopyTo(row[(width - features)..]);
        }

        return matrix;
    }

    /// <summary>Takes the first of what was fused.</summary>
    internal void Take(int from, ScoredRows fused, FeatureSnapshot snapshot)
    {
        ReadOnlySpan<ScoredRow> first = fused.Next(from, snapshot);
        Count = first.Length;
        first.CopyTo(RankBuffers.Of(ref _wide, Count));
        RankBuffers.Of(ref _rows, Count);
        for (int i = 0; i < Count; i++) _rows[i] = first[i].Row;
    }

    /// <summary>Keeps the best by the head of <paramref name="plan"/>, of equal ones the first by id; null keeps those of most points.</summary>
    internal void Keep(FirstPhasePlan? plan, Workspace work, in Request asked)
    {
        Kept = 0;
        Span<double> scores = RankBuffers.Of(ref _scores, Count);
        if (plan is not null) plan.Score(Read(plan, work, asked), scores, _forests);
        else for (int i = 0; i < Count; i++) scores[i] = -i;
        Span<ulong> keys = RankBuffers.Of(ref _keys, Count);
        Span<int> order = RankBuffers.Of(ref _order, Count);
        for (int i = 0; i < Count; i++) (keys[i], order[i]) = (SmallestKeys.Descending(scores[i]), i);

        // So many at most are added: others may be candidates already.
        _inOrder = SmallestKeys.Select(keys, order, Math.Min(Count, work.Room + work.Count));
        OrdinalOrder.SortRuns(keys[.._inOrder], order[.._inOrder], new Ids(_rows, asked.Snapshot));
        while (Kept < _inOrder && work.AddFused(_wide[order[Kept]].Row, _wide[order[Kept]].Sources)) Kept++;
    }

    /// <summary>The rows of what did not stay, best first.</summary>
    internal IEnumerable<int> LeftOut(FeatureSnapshot snapshot)
    {
        Span<ulong> keys = _keys.AsSpan(0, Count);
        Span<int> order = _order.AsSpan(0, Count);
        if (_inOrder < Count)
        {
            for (int i = 0; i < Count; i++) (keys[i], order[i]) = (SmallestKeys.Descending(_scores[i]), i);
            keys.Sort(order);
            OrdinalOrder.SortRuns(keys, order, new Ids(_rows, snapshot));
            _inOrder = Count;
        }

        return _order.Skip(Kept).Take(Count - Kept).Select(at => _rows[at]);
    }

    private readonly struct Ids(int[] rows, FeatureSnapshot snapshot) : IIds
    {
        public string this[int item] => snapshot.Item(rows[item]).Id;
    }
}
