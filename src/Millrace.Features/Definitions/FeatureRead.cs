using System.Collections.Immutable;
using System.Runtime.Intrinsics;
using Millrace.Features.Catalogue;
using Millrace.Features.Numerics;
using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Features.Definitions;

/// <summary>What a decision knows when features are read: the same online and offline.</summary>
internal readonly ref struct ReadInputs
{
    public ReadInputs()
    {
    }

    internal required FeatureSnapshot Snapshot { get; init; }

    /// <summary>The candidates' rows in the snapshot; −1 for an item that it does not know.</summary>
    internal required ReadOnlySpan<int> Rows { get; init; }

    /// <summary>The state of the person who asked.</summary>
    internal required PersonBuffer Person { get; init; }

    /// <summary>When it was asked: where windows of persons end.</summary>
    internal required UnixMicros Asked { get; init; }

    /// <summary>The surface that is asked for; empty where none is known.</summary>
    internal string Surface { get; init; } = "";

    /// <summary>The segment of whom it is asked for; null when there is none.</summary>
    internal string? Segment { get; init; }

    /// <summary>The slot that is filled; null when there are several.</summary>
    internal string? Slot { get; init; }

    /// <summary>The request's context.</summary>
    internal required ImmutableSortedDictionary<string, string> Context { get; init; }
}

/// <summary>What one definition reads from.</summary>
internal readonly ref struct FeatureRead
{
    private readonly ReadInputs _inputs;
    private readonly BoundFeature _bound;
    private readonly ReadScratch _scratch;

    internal FeatureRead(in ReadInputs inputs, BoundFeature bound, ReadScratch scratch)
    {
        _inputs = inputs;
        _bound = bound;
        _scratch = scratch;
    }

    internal FeatureSnapshot Snapshot => _inputs.Snapshot;

    /// <summary>How many candidates there are, together with unknown ones that fill up the last eight.</summary>
    internal int Count => _scratch.Rows.Length;

    /// <inheritdoc cref="ReadScratch.Rows"/>
    internal ReadOnlySpan<int> Rows => _scratch.Rows;

    /// <summary>Which candidate stands in a row: the inverse of <see cref="Rows"/>.</summary>
    internal CandidateIndex Candidates => _scratch.Candidates();

    /// <summary>Rows that the session clicked in its present run, newest first, without repeats; the user's where the request names no session.</summary>
    internal ReadOnlySpan<int> Recent => _scratch.Recent(_inputs);

    /// <summary>The epoch's time: where windows of items end.</summary>
    internal UnixMicros Now => Snapshot.Time;

    /// <inheritdoc cref="ReadInputs.Asked"/>
    internal UnixMicros Asked => _inputs.Asked;

    /// <inheritdoc cref="ReadInputs.Person"/>
    internal PersonBuffer Person => _inputs.Person;

    /// <inheritdoc cref="ReadInputs.Surface"/>
    internal string Surface => _inputs.Surface;

    /// <inheritdoc cref="ReadInputs.Segment"/>
    internal string? Segment => _inputs.Segment;

    /// <inheritdoc cref="ReadInputs.Slot"/>
    internal string? Slot => _inputs.Slot;

    /// <inheritdoc cref="ReadInputs.Context"/>
    internal ImmutableSortedDictionary<string, string> Context => _inputs.Context;

    /// <summary>What stands at cell <paramref name="at"/> of every candidate; zero for an unknown item.</summary>
    internal ReadOnlySpan<uint> Column(int at) => _scratch.Cells(at);

    /// <summary>The numbers that stand at cell <paramref name="at"/> and the next.</summary>
    internal LongColumn Longs(int at) => new(Column(at), Column(at + 1));

    /// <summary>log(1 + n) of a count of each known item.</summary>
    /// <param name="at">Where the count stands in every row.</param>
    /// <param name="column">The feature's column.</param>
    internal void LogCounts(int at, Span<float> column)
    {
        var counts = Column(at)[..column.Length];
        for (var i = 0; i < column.Length; i += Lanes.Count)
        {
            // Of most items there is nothing to count: the logarithm of one is zero.
            if (Lanes.Load(counts, i) == Vector256<uint>.Zero)
            {
                column.Slice(i, Lanes.Count).Clear();
                continue;
            }

            for (var lane = i; lane < i + Lanes.Count; lane++)
            {
                column[lane] = CountLog.LogOnePlus(counts[lane]);
            }
        }

        Blank(column);
    }

    /// <inheritdoc cref="ReadScratch.Blank"/>
    internal void Blank(Span<float> column) => _scratch.Blank(column);

    /// <summary>What reading takes of candidate <paramref name="i"/>; zeros for an unknown item.</summary>
    internal CellRow Row(int i) => _scratch.Row(i);

    /// <summary>The catalogue's entry of a candidate; null for an item that only the caller, or only events, know.</summary>
    internal CatalogueItem? Item(int i) => Rows[i] >= 0 && Snapshot.Item(Rows[i]) is { Ghost: false } item ? item : null;

    /// <summary>The <paramref name="index"/>-th of the definition's states.</summary>
    internal T State<T>(int index)
        where T : FrozenState => (T)Snapshot.State(_bound.States[index]);

    /// <summary>The <paramref name="index"/>-th of the definition's sections; empty when the person has none.</summary>
    internal ReadOnlySpan<byte> Section(int index) => Person.Section(_bound.Sections[index].Of, _bound.Sections[index].Index);

    /// <summary>The <paramref name="index"/>-th of the definition's sections, a history of items, as rows.</summary>
    internal PersonItems Items(int index) => _scratch.Items(_inputs, _bound.Sections[index], _bound.SectionKeys[index].Reach);

    /// <summary>The key of the definition's <paramref name="index"/>-th section.</summary>
    internal T Key<T>(int index)
        where T : PersonKey => (T)_bound.SectionKeys[index];

    /// <summary>How much of the items of a history has each value of a part.</summary>
    /// <param name="section">The section that is the history.</param>
    /// <param name="state">The state that holds the values.</param>
    /// <param name="halfLife">How fast the items' weights halve.</param>
    internal ValueTally Tally(int section, int state, TimeSpan halfLife)
    {
        var items = Items(section);
        items.Load(Snapshot);
        _scratch.Tally.Fill(Snapshot, State<CatalogueState.Frozen>(state), items.Rows, items.Weights(halfLife));
        return _scratch.Tally;
    }

    /// <summary>The value of the definition's <paramref name="index"/>-th context attribute in the request; null when it has none.</summary>
    internal string? ContextValue(int index) => Context.GetValueOrDefault(_bound.ContextKeys[index]);

    /// <summary>Makes those values missing that have expired.</summary>
    internal void Expire(Span<float> column)
    {
        if (_bound.Expiry >= 0)
        {
            var times = (LastTimes.Frozen)Snapshot.State(_bound.Expiry);
            for (var i = 0; i < column.Length; i++)
            {
                if (times.Of(Row(i)) == 0)
                {
                    column[i] = float.NaN;
                }
            }
        }
        else if (_bound.PersonExpiry >= 0)
        {
            var key = _bound.PersonExpiryKey!;
            if (PersonTimes.Read(Person.Section(key.Of, _bound.PersonExpiry), key, Asked.Value) == 0)
            {
                column.Fill(float.NaN);
            }
        }
    }

    /// <summary>Doubles to work in; what they hold before means nothing.</summary>
    internal Span<double> Doubles(int length) => _scratch.Doubles(length);

    /// <summary>Integers to work in; what they hold before means nothing.</summary>
    internal Span<int> Integers(int length) => _scratch.Integers(length);

    /// <summary>The column of the definition's <paramref name="index"/>-th input.</summary>
    internal ReadOnlySpan<float> Input(int index) => _scratch.Column(_bound.Inputs[index]);
}

/// <summary>A definition with the places of what it reads.</summary>
/// <param name="Definition">The definition.</param>
/// <param name="States">Indexes of its states in the set.</param>
/// <param name="Sections">Whose its sections are, and their indexes among those of the same kind of person.</param>
/// <param name="Inputs">Indexes of its inputs in the set.</param>
internal sealed record BoundFeature(FeatureDefinition Definition, ImmutableArray<int> States, ImmutableArray<(PersonEntity Of, int Index)> Sections, ImmutableArray<int> Inputs)
{
    /// <summary>The index of the state that tells whether an item's value has expired; −1 when none does.</summary>
    internal int Expiry { get; init; } = -1;

    /// <summary>The index of the section that tells whether a person's value has expired; −1 when none does.</summary>
    internal int PersonExpiry { get; init; } = -1;

    /// <summary>The keys of <see cref="Sections"/>.</summary>
    internal ImmutableArray<PersonKey> SectionKeys { get; init; } = [];

    /// <summary>The key of <see cref="PersonExpiry"/>.</summary>
    internal PersonTimesKey? PersonExpiryKey { get; init; }

    internal ImmutableArray<string> ContextKeys { get; init; } = [];
}
