using System.Collections.Immutable;
using Millrace.Features.Catalogue;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Reranking;

/// <summary>
/// What constraints, diversity and exploration read of the candidates beside their scores, by value: entry i of a column concerns candidate i. Kept for the next decision.
/// </summary>
internal sealed class SlateInputs
{
    /// <summary>Between the values of an attribute that has several. Limits and likeness go by the first; a quota is served by any.</summary>
    internal const char Separator = '\u001f';

    private readonly Dictionary<string, string[]> _attributes = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];
    private long[] _ages = [];
    private sbyte[] _vectors = [];
    private bool _hasAges;

    /// <summary>What the request adds to the policy's constraints; null for nothing.</summary>
    internal SlateConstraints? Asked { get; private set; }

    /// <summary>The policy's constraints and the request's.</summary>
    internal SlateConstraints Constraints { get; private set; } = SlateConstraints.None;

    /// <summary>The attributes that are read, in ordinal order.</summary>
    internal IReadOnlyList<string> Names => _names;

    internal int Count { get; private set; }

    /// <summary>Microseconds since publication, −1 where unknown; empty where no quota asks.</summary>
    internal ReadOnlySpan<long> Ages => _hasAges ? _ages.AsSpan(0, Count) : [];

    internal int Dimensions { get; private set; }

    /// <summary>Row-major, candidates × <see cref="Dimensions"/>, zeros where there is none.</summary>
    internal ReadOnlySpan<sbyte> Vectors => _vectors.AsSpan(0, Count * Dimensions);

    /// <summary>About what a record of them takes per candidate.</summary>
    internal long BytesEach => (8L * _names.Count(static name => name is not "provider" and not "kind")) + (_hasAges ? 12 : 0) + (4L * Dimensions / 3);

    internal ReadOnlySpan<string> Attribute(string name) => _attributes[name].AsSpan(0, Count);

    /// <summary>Empties it for a decision of <paramref name="policy"/> over so many candidates.</summary>
    internal void Begin(Policy policy, SlateConstraints? asked, int count)
    {
        Asked = asked;
        Constraints = SlateConstraints.Of(policy, asked);
        Count = count;
        Dimensions = 0;
        _hasAges = false;
        _names.Clear();
        foreach (string name in Constraints.AtMost.Keys) Want(name);
        foreach (Quota quota in Constraints.AtLeast)
        {
            if (quota.Attribute is { } name) Want(name);
            _hasAges |= quota.Fresh is not null;
        }

        if (policy.Diversity is { Embedding: false } diversity) Want(diversity.By);
        _names.Sort(StringComparer.Ordinal);
        if (_hasAges) Ranking.RankBuffers.Of(ref _ages, count);
    }

    /// <summary>Reads the columns that <see cref="Begin"/> found wanted.</summary>
    internal void Read(ReadOnlySpan<CatalogueItem?> items, UnixMicros now)
    {
        foreach (string name in _names)
        {
            Span<string> values = Column(name);
            for (int i = 0; i < values.Length; i++) values[i] = Value(items[i], name);
        }

        for (int i = 0; i < (_hasAges ? Count : 0); i++) _ages[i] = items[i] is { } item ? Math.Max(0, now.Value - item.Born.Value) : -1;
    }

    /// <summary>Reads the vectors that diversity compares; where the snapshot keeps none, there is no likeness.</summary>
    internal void ReadVectors(Policy policy, FeatureSnapshot snapshot, ReadOnlySpan<int> rows)
    {
        if (policy.Diversity is not { Embedding: true } diversity || EmbeddingState.Of(snapshot.Features, diversity.By) is not { } key) return;
        var vectors = snapshot.State<CatalogueState.Frozen>(key);
        Dimensions = key.Dimensions;
        Span<sbyte> all = Ranking.RankBuffers.Of(ref _vectors, Count * Dimensions);
        all.Clear();
        for (int i = 0; i < rows.Length; i++)
        {
            if (rows[i] >= 0) ItemVectors.Vector(vectors.Of(snapshot.Cells(rows[i])))[..Dimensions].CopyTo(all.Slice(i * Dimensions, Dimensions));
        }
    }

    internal void Set(string name, ReadOnlySpan<string> values) => values.CopyTo(Column(name));

    internal void SetAges(ReadOnlySpan<long> ages) => ages.CopyTo(_ages);

    internal void SetVectors(int dimensions, ReadOnlySpan<sbyte> vectors)
    {
        Dimensions = dimensions;
        vectors.CopyTo(Ranking.RankBuffers.Of(ref _vectors, Count * dimensions));
    }

    private static string Value(CatalogueItem? item, string name) => name switch
    {
        _ when item is null => "",
        "provider" => item.Provider ?? "",
        "kind" => item.Kind ?? "",
        _ => item.Attributes.TryGetValue(name, out ImmutableArray<string> values) ? values is [var one] ? one : string.Join(Separator, values) : "",
    };

    private void Want(string name)
    {
        if (_names.Contains(name)) return;
        _names.Add(name);
        Column(name);
    }

    private Span<string> Column(string name)
    {
        string[] values = _attributes.GetValueOrDefault(name, []);
        if (values.Length < Count || values.Length == 0) _attributes[name] = values = new string[Math.Max(Count, 64)];
        return values.AsSpan(0, Count);
    }
}
