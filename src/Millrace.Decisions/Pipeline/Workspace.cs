using System.Collections.Immutable;
using Millrace.Decisions.Exploration;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Ranking;
using Millrace.Decisions.Reranking;
using Millrace.Features.Catalogue;
using Millrace.Features.Definitions;
using Millrace.Features.Numerics;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Pipeline;

/// <summary>The buffers of one decision under way, kept for the next: candidates in the order of their sources, and what ranking needs.</summary>
internal sealed class Workspace
{
    private readonly List<int> _touched = [];
    private readonly Dictionary<string, int> _strangers = new(StringComparer.Ordinal);
    private readonly HashSet<string> _excluded = new(StringComparer.Ordinal);
    private readonly HashSet<ulong> _excludedHashes = [];
    private readonly HashSet<string> _offered = new(StringComparer.Ordinal);
    // By row: 0 none, −1 excluded, else the candidate's index plus one.
    private int[] _candidateOf = [];
    private FeatureSnapshot _snapshot = null!;
    private UnixMicros _now;
    private int _most;
    private bool _offers;

    internal int Count { get; private set; }

    /// <summary>How many of them are pins: a rung that found nothing else has found nothing.</summary>
    internal int Pinned { get; set; }

    internal string[] Ids { get; private set; } = new string[256];

    internal int[] Rows { get; private set; } = new int[256];

    internal uint[] Sources { get; private set; } = new uint[256];

    internal CatalogueItem?[] Items { get; private set; } = new CatalogueItem?[256];

    internal CountEntry[] Neighbours { get; private set; } = [];

    internal RankBuffers Rank { get; } = new();

    /// <summary>What making the slate reads of the candidates.</summary>
    internal SlateInputs Slate { get; } = new();

    /// <summary>Whether the sources were asked and what they found is at hand.</summary>
    internal bool Gathered { get; set; }

    /// <summary>How long the steps of the decision under way took.</summary>
    internal StepTimes Times { get; } = new();

    /// <summary>The state of the person who asks: read once for all rungs.</summary>
    internal PersonBuffer Person { get; } = new();

    /// <summary>Cells of the matrix that the caller supplied, ascending.</summary>
    internal SortedSet<int> Given { get; } = [];

    /// <summary>What reading features needs.</summary>
    internal ReadScratch Scratch { get; } = new();

    /// <summary>Empties it for a decision on <paramref name="snapshot"/>.</summary>
    internal void Begin(FeatureSnapshot snapshot, UnixMicros now, int most)
    {
        foreach (int row in _touched) _candidateOf[row] = 0;
        _touched.Clear();
        _strangers.Clear();
        _excluded.Clear();
        _excludedHashes.Clear();
        Given.Clear();
        Slate.ForgetTrials();
        _offered.Clear();
        _offers = false;
        Array.Clear(Items, 0, Count);
        Count = 0;
        Pinned = 0;
        Gathered = false;
        _snapshot = snapshot;
        _now = now;
        _most = most;
        if (_candidateOf.Length < snapshot.Rows) Array.Resize(ref _candidateOf, Math.Max(snapshot.Rows, _candidateOf.Length * 2));
    }

    /// <summary>Forgets that the decision before gathered.</summary>
    internal void Forget() => Gathered = false;

    /// <summary>Keeps the first <paramref name="most"/> of what was gathered; false when nothing was.</summary>
    internal bool KeepFirst(int most)
    {
        if (!Gathered) return false;
        Given.Clear();
        for (int i = most; i < Count; i++)
        {
            if (Rows[i] >= 0) _candidateOf[Rows[i]] = 0;
            else _strangers.Remove(Ids[i]);
            Items[i] = null;
        }

        Count = Math.Min(Count, most);
        return true;
    }

    /// <summary>From here on only these may be shown.</summary>
    internal void Offer(ImmutableArray<RequestCandidate> candidates)
    {
        _offers = true;
        foreach (RequestCandidate candidate in candidates) _offered.Add(candidate.Item);
    }

    /// <summary>Whether the caller can show it: true of every item when the caller brought no candidates.</summary>
    internal bool IsOffered(string id) => !_offers || _offered.Contains(id);

    internal void Exclude(string id)
    {
        int row = _snapshot.RowOf(id);
        if (row < 0)
        {
            _excluded.Add(id);
        }
        else
        {
            Exclude(row);
        }
    }

    internal void Exclude(int row)
    {
        if (_candidateOf[row] == 0)
        {
            _candidateOf[row] = -1;
            _touched.Add(row);
        }
    }

    /// <summary>An item that the catalogue does not hold, by its hash.</summary>
    internal void ExcludeStranger(ulong item) => _excludedHashes.Add(item);

    /// <summary>Adds a catalogue item, or notes one more source of it; false when it may not be shown.</summary>
    internal bool Add(int row, CandidateSourceKind source)
    {
        int known = _candidateOf[row];
        if (known < 0) return false;
        if (known > 0)
        {
            Sources[known - 1] |= Bit(source);
            return true;
        }

        CatalogueItem item = _snapshot.Item(row);
        // What only events have named is no catalogue entry that was deleted: the caller may still propose it.
        bool proposed = source == CandidateSourceKind.Request && item.Learnt;
        if ((!proposed && !item.LiveAt(_now)) || Count >= _most) return false;
        _touched.Add(row);
        _candidateOf[row] = Append(item.Id, row, item, source) + 1;
        return true;
    }

    /// <summary>Adds an item by id; one that the catalogue does not know may be a caller's own.</summary>
    internal bool Add(string id, CandidateSourceKind source)
    {
        int row = _snapshot.RowOf(id);
        if (row >= 0) return Add(row, source);
        if (source != CandidateSourceKind.Request || _excluded.Contains(id)) return false;
        if (_excludedHashes.Count > 0 && _excludedHashes.Contains(ItemHash.Of(id))) return false;
        if (_strangers.ContainsKey(id)) return true;
        if (Count >= _most) return false;
        _strangers.Add(id, Append(id, -1, null, source));
        return true;
    }

    /// <summary>The candidate's index; −1 when it is none.</summary>
    internal int IndexOf(string id)
    {
        int row = _snapshot.RowOf(id);
        if (row >= 0) return Math.Max(0, _candidateOf[row]) - 1;
        return _strangers.TryGetValue(id, out int index) ? index : -1;
    }

    internal Span<CountEntry> NeighbourBuffer(int count)
    {
        if (Neighbours.Length < count) Neighbours = new CountEntry[Math.Max(count, 256)];
        return Neighbours.AsSpan(0, count);
    }

    internal ReadOnlySpan<string> ProvidersSpan()
    {
        Span<string> providers = RankBuffers.Of(ref Rank.Providers, Count);
        for (int i = 0; i < Count; i++) providers[i] = Items[i]?.Provider ?? "";
        return providers;
    }

    /// <summary>A matrix of the candidates by <paramref name="columns"/>, all missing.</summary>
    internal Span<float> ClearMatrix(int columns)
    {
        Span<float> matrix = RankBuffers.Of(ref Rank.Matrix, Count * columns);
        matrix.Fill(float.NaN);
        return matrix;
    }

    /// <summary>Reads what making the slate needs of the candidates, but for features.</summary>
    internal void ReadSlate(Policy policy, SlateConstraints? asked)
    {
        Slate.Begin(policy, asked, Count);
        Slate.Read(Items.AsSpan(0, Count), _now);
        Slate.ReadVectors(policy, _snapshot, Rows.AsSpan(0, Count));
    }

    /// <summary>What <see cref="Ranker"/> works on.</summary>
    internal RankProblem Problem(Policy policy, RankingPlan plan, ReadOnlySpan<RequestSlot> slots, Rung rung, DecideMode mode, ulong seed)
    {
        return new RankProblem
        {
            Ids = Ids.AsSpan(0, Count),
            Sources = Sources.AsSpan(0, Count),
            Slate = Slate,
            Matrix = rung < Rung.LighterScorer ? Rank.Matrix.AsSpan(0, Count * plan.Columns.Length) : [],
            Plan = plan,
            Slots = slots,
            Policy = policy,
            Rung = rung,
            Mode = mode,
            Seed = seed,
        };
    }

    internal static uint Bit(CandidateSourceKind source) => 1u << (int)source;

    private int Append(string id, int row, CatalogueItem? item, CandidateSourceKind source)
    {
        if (Count == Ids.Length) Grow();
        Ids[Count] = id;
        Rows[Count] = row;
        Items[Count] = item;
        Sources[Count] = Bit(source);
        return Count++;
    }

    private void Grow()
    {
        int size = Ids.Length * 2;
        (string[] ids, int[] rows, uint[] sources, CatalogueItem?[] items) = (Ids, Rows, Sources, Items);
        Array.Resize(ref ids, size);
        Array.Resize(ref rows, size);
        Array.Resize(ref sources, size);
        Array.Resize(ref items, size);
        (Ids, Rows, Sources, Items) = (ids, rows, sources, items);
    }
}
