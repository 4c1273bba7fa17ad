using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Ranking;
using Millrace.Features.Catalogue;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Reranking;

/// <summary>
/// What constraints, diversity and exploration read of the candidates beside their scores, by value: entry i of a column concerns candidate i. Kept for the next decision.
/// </summary>
/// <remarks>
/// Values of attributes are turned into numbers as they are read. A slate depends on no more than which values are equal, and callers choose the attributes: neither their
/// texts nor their number must stay behind in a workspace or fill a record.
/// </remarks>
internal sealed class SlateInputs
{
    private readonly List<string> _names = [];
    private readonly List<int[]> _groups = [];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);
    private Policy? _policy;
    private byte[] _quotas = [];
    private byte[] _paced = [];
    private readonly double[] _bonuses = new double[Pace.MostOfPolicy];
    private sbyte[] _vectors = [];

    /// <summary>What the request adds to the policy's constraints; null for nothing.</summary>
    internal SlateConstraints? Asked { get; private set; }

    /// <summary>The policy's constraints and the request's.</summary>
    internal SlateConstraints Constraints { get; private set; } = SlateConstraints.None;

    /// <summary>The attributes by whose values candidates are grouped, in ordinal order.</summary>
    internal IReadOnlyList<string> Names => _names;

    internal int Count { get; private set; }

    /// <summary>Bit j: the candidate counts for quota j of <see cref="Constraints"/>; empty where there is none.</summary>
    internal ReadOnlySpan<byte> Quotas => Constraints.AtLeast.IsEmpty ? [] : _quotas.AsSpan(0, Count);

    /// <summary>The policy's paces.</summary>
    internal ImmutableArray<Pace> Paces => _policy?.Pacing ?? [];

    /// <summary>Bit j: the candidate counts for pace j; empty where there is none.</summary>
    internal ReadOnlySpan<byte> Paced => Paces.IsEmpty ? [] : _paced.AsSpan(0, Count);

    /// <summary>The bonus in force of each pace, in the unit of utilities.</summary>
    internal ReadOnlySpan<double> Bonuses => _bonuses.AsSpan(0, Paces.Length);

    internal int Dimensions { get; private set; }

    /// <summary>Row-major, candidates × <see cref="Dimensions"/>, zeros where there is none.</summary>
    internal ReadOnlySpan<sbyte> Vectors => _vectors.AsSpan(0, Count * Dimensions);

    /// <summary>About what a record of them takes per candidate: numbers as text.</summary>
    internal long BytesEach => (5L * _names.Count) + (Quotas.Length > 0 ? 4 : 0) + (Paced.Length > 0 ? 4 : 0) + (4L * Dimensions / 3);

    /// <summary>The number of each candidate's first value of <paramref name="attribute"/>, in the order in which values appear; −1 for none.</summary>
    internal ReadOnlySpan<int> Groups(string attribute) => Column(_names.BinarySearch(attribute, StringComparer.Ordinal));

    /// <summary>Empties it for a decision of <paramref name="policy"/> over so many candidates.</summary>
    internal void Begin(Policy policy, SlateConstraints? asked, int count, Rung rung)
    {
        if (!ReferenceEquals(_policy, policy) || asked is not null || Asked is not null) Constraints = SlateConstraints.Of(policy, asked);
        (_policy, Asked, Count, Dimensions) = (policy, asked, count, 0);
        _names.Clear();
        foreach (var (attribute, _) in Constraints.AtMost) Want(attribute);
        if (rung < Rung.LighterScorer && policy.Diversity is { Embedding: false } diversity) Want(diversity.By);
        RankBuffers.Of(ref _quotas, count).Clear();
        RankBuffers.Of(ref _paced, count).Clear();
        _bonuses.AsSpan().Clear();
    }

    /// <summary>Reads the columns that <see cref="Begin"/> found wanted.</summary>
    internal void Read(ReadOnlySpan<CatalogueItem?> items, UnixMicros now)
    {
        for (int at = 0; at < _names.Count; at++) Read(items, _names[at], Column(at));
        _read.Clear();
        for (int quota = 0; quota < Constraints.AtLeast.Length; quota++)
        {
            if (Constraints.AtLeast[quota].Fresh is { } fresh) MarkFresh(items, now, fresh, (byte)(1 << quota));
            else if (Constraints.AtLeast[quota].Attribute is { } name && _names.BinarySearch(name, StringComparer.Ordinal) < 0 && _read.Add(name)) Read(items, name, []);
        }

        _read.Clear();
        for (int pace = 0; pace < Paces.Length; pace++) MarkPaced(items, Paces[pace], (byte)(1 << pace));
    }

    /// <summary>Reads the vectors that diversity compares; where the snapshot keeps none, there is no likeness.</summary>
    internal void ReadVectors(Policy policy, FeatureSnapshot snapshot, ReadOnlySpan<int> rows)
    {
        if (policy.Diversity is not { Embedding: true } diversity || EmbeddingState.Of(snapshot.Features, diversity.By) is not { } key) return;
        var vectors = snapshot.State<CatalogueState.Frozen>(key);
        Dimensions = key.Dimensions;
        Span<sbyte> all = RankBuffers.Of(ref _vectors, Count * Dimensions);
        all.Clear();
        for (int i = 0; i < rows.Length; i++)
        {
            if (rows[i] >= 0) ItemVectors.Vector(vectors.Of(snapshot.Cells(rows[i])))[..Dimensions].CopyTo(all.Slice(i * Dimensions, Dimensions));
        }
    }

    internal void SetGroups(string attribute, ReadOnlySpan<int> groups) => groups.CopyTo(Column(_names.BinarySearch(attribute, StringComparer.Ordinal)));

    internal void SetQuotas(ReadOnlySpan<byte> quotas) => quotas.CopyTo(_quotas);

    internal void SetPaced(ReadOnlySpan<byte> paced) => paced.CopyTo(_paced);

    /// <summary>Those that are not told are 0.</summary>
    internal void SetBonuses(ReadOnlySpan<double> bonuses) => bonuses.CopyTo(_bonuses);

    internal void SetVectors(int dimensions, ReadOnlySpan<sbyte> vectors)
    {
        Dimensions = dimensions;
        vectors.CopyTo(RankBuffers.Of(ref _vectors, Count * dimensions));
    }

    /// <summary>Reads one attribute of all candidates, once: for its groups, unless they are not wanted, and for the quotas of its values.</summary>
    private void Read(ReadOnlySpan<CatalogueItem?> items, string attribute, Span<int> groups)
    {
        uint quotas = 0;
        for (int quota = 0; quota < Constraints.AtLeast.Length; quota++) quotas |= Constraints.AtLeast[quota].Attribute == attribute ? 1u << quota : 0;
        for (int i = 0; i < items.Length; i++)
        {
            ItemValues values = ItemValues.Of(items[i], attribute);
            if (groups.Length > 0) groups[i] = Number(values.First);
            for (uint bits = quotas; bits != 0; bits &= bits - 1)
            {
                int quota = BitOperations.TrailingZeroCount(bits);
                if (values.Holds(Constraints.AtLeast[quota].Value)) _quotas[i] |= (byte)(1 << quota);
            }
        }

        _numbers.Clear();
    }

    private int Number(string value)
    {
        if (value.Length == 0) return -1;
        ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, value, out bool known);
        if (!known) number = _numbers.Count - 1;
        return number;
    }

    private void MarkFresh(ReadOnlySpan<CatalogueItem?> items, UnixMicros now, TimeSpan fresh, byte mask)
    {
        long most = fresh.Ticks / TimeSpan.TicksPerMicrosecond;
        for (int i = 0; i < items.Length; i++)
        {
            if (items[i] is { } item && Math.Max(0, now.Value - item.Born.Value) <= most) _quotas[i] |= mask;
        }
    }

    private void MarkPaced(ReadOnlySpan<CatalogueItem?> items, Pace pace, byte mask)
    {
        for (int i = 0; i < items.Length; i++)
        {
            if (ItemValues.Of(items[i], pace.Attribute).Holds(pace.Value)) _paced[i] |= mask;
        }
    }

    private void Want(string attribute)
    {
        int at = _names.BinarySearch(attribute, StringComparer.Ordinal);
        if (at < 0) _names.Insert(~at, attribute);
    }

    private Span<int> Column(int at)
    {
        while (_groups.Count <= at) _groups.Add([]);
        return RankBuffers.Of(ref CollectionsMarshal.AsSpan(_groups)[at], Count);
    }
}
