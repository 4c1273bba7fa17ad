using System.Collections.Immutable;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Exploration;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Pacing;
using Millrace.Decisions.Ranking;
using Millrace.Decisions.Reranking;
using Millrace.Features.Catalogue;
using Millrace.Features.Definitions;
using Millrace.Features.Numerics;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
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
    // By row: 0 none, −1 excluded, −2 admitted, else the candidate's index plus one.
    private const int Excluded = -1;
    private const int Admitted = -2;
    private int[] _candidateOf = [];
    private FeatureSnapshot _snapshot = null!;
    private CandidateFilters? _filters;
    private FilterInputs _filtering;
    private int[] _dropped = [];
    private UnixMicros _now;
    private int _most;
    private bool _offers;

    internal Workspace()
    {
        Sink = new CandidateSink(this);
        SourceScratch = new SourceScratch(Scratch);
    }

    internal int Count { get; private set; }

    /// <summary>How many of them are pins: a rung that found nothing else has found nothing.</summary>
    internal int Pinned { get; set; }

    internal string[] Ids { get; private set; } = new string[256];

    internal int[] Rows { get; private set; } = new int[256];

    internal uint[] Sources { get; private set; } = new uint[256];

    internal CatalogueItem?[] Items { get; private set; } = new CatalogueItem?[256];

    internal RankBuffers Rank { get; } = new();

    /// <summary>What making the slate reads of the candidates.</summary>
    internal SlateInputs Slate { get; } = new();

    /// <summary>The bonuses of the policy's paces, and what was placed.</summary>
    internal PaceTally Pacing { get; } = new();

    /// <summary>Whether the sources were asked and what they found is at hand.</summary>
    internal bool Gathered { get; set; }

    /// <summary>How long the steps of the decision under way took.</summary>
    internal StepTimes Times { get; } = new();

    /// <summary>Makes bytes of the answer, to be remembered.</summary>
    internal DecidedImage Image { get; } = new();

    /// <summary>The state of the person who asks: read once for all rungs.</summary>
    internal PersonBuffer Person { get; } = new();

    /// <summary>Cells of the matrix that the caller supplied, ascending.</summary>
    internal SortedSet<int> Given { get; } = [];

    /// <summary>What reading features needs.</summary>
    internal ReadScratch Scratch { get; } = new();

    /// <summary>What the sources take what they offer to.</summary>
    internal CandidateSink Sink { get; }

    /// <summary>What a first phase cuts.</summary>
    internal WidePool Wide { get; } = new();

    /// <summary>How many more there may be.</summary>
    internal int Room => Math.Max(0, _most - Count);

    /// <summary>What sources need.</summary>
    internal SourceScratch SourceScratch { get; }

    /// <summary>Empties it for a decision on <paramref name="snapshot"/>.</summary>
    internal void Begin(FeatureSnapshot snapshot, UnixMicros now, int most)
    {
        foreach (int row in _touched) _candidateOf[row] = 0;
        _touched.Clear();
        _strangers.Clear();
        _excluded.Clear();
        _excludedHashes.Clear();
        Given.Clear();
        _offered.Clear();
        _offers = false;
        Array.Clear(Items, 0, Count);
        Count = 0;
        Pinned = 0;
        Gathered = false;
        Sink.Begin(lists: 0);
        Wide.Clear();
        _filters = null;
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
        if (most < Count) Wide.Clear();
        for (int i = most; i < Count; i++)
        {
            if (Rows[i] >= 0) _candidateOf[Rows[i]] = 0;
            else _strangers.Remove(Ids[i]);
            Items[i] = null;
        }

        Count = Math.Min(Count, most);
        return true;
    }

    /// <summary>From here on nothing is taken that does not pass.</summary>
    internal void Filter(CandidateFilters filters, in FilterInputs inputs)
    {
        if (filters.Count == 0) return;
        (_filters, _filtering) = (filters, inputs);
        if (_dropped.Length < filters.Count) _dropped = new int[filters.Count];
        Array.Clear(_dropped);
    }

    /// <summary>The filters that are asked; null for none.</summary>
    internal CandidateFilters? Filters => _filters;

    /// <summary>How many items each filter turned away, in the policy's order.</summary>
    internal ReadOnlySpan<int> Dropped => _filters is { } filters ? _dropped.AsSpan(0, filters.Count) : [];

    /// <summary>Whether filters turned any away.</summary>
    internal bool HasDropped => Dropped.ContainsAnyExcept(0);

    /// <summary>From here on there are at most so many in all.</summary>
    internal void Limit(int pool) => _most = Math.Min(_most, Math.Max(pool, Count));

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

    internal bool Exclude(int row)
    {
        if (_candidateOf[row] != 0) return false;
        _candidateOf[row] = Excluded;
        _touched.Add(row);
        return true;
    }

    private bool Exclude(ulong item)
    {
        if (_snapshot.RowOf(item) is var row and >= 0) return Exclude(row);
        return _excludedHashes.Add(item);
    }

    /// <summary>Leaves out the items of a history.</summary>
    internal void ExcludeAll(ReadOnlySpan<HistoryEntry> history)
    {
        foreach (ref readonly HistoryEntry entry in history) Exclude(entry.Item);
    }

    /// <summary>Leaves out the items of a filter's history, as far back as it looks.</summary>
    internal void ExcludeSince(PastSection past, UnixMicros now)
    {
        foreach (ref readonly HistoryEntry entry in ItemHistory.Entries(Person.Section(past.Section.Of, past.Section.Index)))
        {
            if (entry.Time <= (now - past.Window).Value) return;
            if (Exclude(entry.Item)) _dropped[past.Filter]++;
        }
    }

    /// <summary>Adds a catalogue item, or notes one more source of it; false when it may not be shown.</summary>
    internal bool Add(int row, CandidateSourceKind source)
    {
        if (Known(row, Bit(source)) is { } known) return known;
        CatalogueItem item = _snapshot.Item(row);
        // What only events have named is no catalogue entry that was deleted: the caller may still propose it.
        bool proposed = source == CandidateSourceKind.Request && item.Learnt;
        if ((!proposed && !item.LiveAt(_now)) || Count >= _most || !Admits(row, item)) return false;
        _candidateOf[row] = Append(item.Id, row, item, Bit(source)) + 1;
        return true;
    }

    /// <summary>Adds a catalogue item that lists were fused to, or notes its sources; false when there is no room.</summary>
    internal bool AddFused(int row, uint sources)
    {
        if (Known(row, sources) is { } known) return known;
        if (Count >= _most) return false;
        CatalogueItem item = _snapshot.Item(row);
        _candidateOf[row] = Append(item.Id, row, item, sources) + 1;
        return true;
    }

    /// <summary>Whether a catalogue item may be shown, room aside: asked once for a decision.</summary>
    internal bool Admits(int row)
    {
        int known = _candidateOf[row];
        if (known != 0) return known != Excluded;
        CatalogueItem item = _snapshot.Item(row);
        return item.LiveAt(_now) && Admits(row, item);
    }

    /// <summary>Whether a catalogue item is a candidate already.</summary>
    internal bool IsCandidate(int row) => _candidateOf[row] > 0;

    /// <summary>Notes sources of what is a candidate; false of what is excluded, null of what is neither.</summary>
    private bool? Known(int row, uint sources)
    {
        int known = _candidateOf[row];
        if (known <= 0) return known == Excluded ? false : null;
        Sources[known - 1] |= sources;
        return true;
    }

    private bool Admits(int row, CatalogueItem item)
    {
        if (_candidateOf[row] == Admitted) return true;
        _touched.Add(row);
        bool passes = _filters is null || Passes(item);
        _candidateOf[row] = passes ? Admitted : Excluded;
        return passes;
    }

    /// <summary>Adds an item by id; one that the catalogue does not know may be a caller's own.</summary>
    internal bool Add(string id, CandidateSourceKind source)
    {
        int row = _snapshot.RowOf(id);
        if (row >= 0) return Add(row, source);
        if (source != CandidateSourceKind.Request || _excluded.Contains(id)) return false;
        if (_excludedHashes.Count > 0 && _excludedHashes.Contains(ItemHash.Of(id))) return false;
        if (_strangers.ContainsKey(id)) return true;
        if (Count >= _most || (_filters is not null && !Passes(null))) return false;
        _strangers.Add(id, Append(id, -1, null, Bit(source)));
        return true;
    }

    /// <summary>The candidate's index; −1 when it is none.</summary>
    internal int IndexOf(string id)
    {
        int row = _snapshot.RowOf(id);
        if (row >= 0) return Math.Max(0, _candidateOf[row]) - 1;
        return _strangers.TryGetValue(id, out int index) ? index : -1;
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

    /// <summary>Reads what making the slate needs of the candidates on a rung, but for features.</summary>
    internal void ReadSlate(Policy policy, SlateConstraints? asked, Rung rung)
    {
        Slate.Begin(policy, asked, Count, rung);
        Slate.SetBonuses(Pacing.Bonuses);
        Slate.Read(Items.AsSpan(0, Count), _now);
        if (rung < Rung.LighterScorer) Slate.ReadVectors(policy, _snapshot, Rows.AsSpan(0, Count));
    }

    /// <summary>Counts for the policy's paces what <see cref="Ranker"/> has just placed on a rung.</summary>
    internal void CountPaced(int places, Rung rung) =>
        Pacing.Count(Slate, Rank.Order.AsSpan(0, Rank.Admitted), Rank.Pins.AsSpan(0, places), Rank.Slate.AsSpan(0, places), rung < Rung.LighterScorer ? Rank.Spread : null);

    /// <summary>What <see cref="Ranker"/> works on.</summary>
    internal RankProblem Problem(Policy policy, RankingPlan plan, ReadOnlySpan<RequestSlot> slots, Rung rung, DecideMode mode, ulong seed, RankDeadline deadline)
    {
        return new RankProblem
        {
            Ids = Ids.AsSpan(0, Count),
            Sources = Sources.AsSpan(0, Count),
            Slate = Slate,
            Matrix = rung < Rung.LighterScorer ? Rank.Matrix.AsSpan(0, Count * plan.Columns.Length) : [],
            Terms = rung < Rung.LighterScorer ? Rank.Terms.AsSpan(0, Count * plan.Terms.Length) : [],
            Plan = plan,
            Slots = slots,
            Policy = policy,
            Rung = rung,
            Mode = mode,
            Seed = seed,
            Deadline = deadline,
        };
    }

    internal static uint Bit(CandidateSourceKind source) => 1u << (int)source;

    private bool Passes(CatalogueItem? item)
    {
        int failed = _filters!.FirstFailed(item, _filtering);
        if (failed < 0) return true;
        _dropped[failed]++;
        return false;
    }

    private int Append(string id, int row, CatalogueItem? item, uint sources)
    {
        if (Count == Ids.Length) Grow();
        Ids[Count] = id;
        Rows[Count] = row;
        Items[Count] = item;
        Sources[Count] = sources;
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
