using System.Collections.Immutable;
using Millrace.Features.Catalogue;
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

    /// <summary>For a snapshot row, the candidate's index plus one, else 0 or less: the inverse of <see cref="Rows"/>.</summary>
    internal required ReadOnlySpan<int> CandidateOf { get; init; }

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
        Words = scratch.WordsOf(inputs.Rows.Length);
        Stride = inputs.Snapshot.Words;
    }

    internal FeatureSnapshot Snapshot => _inputs.Snapshot;

    /// <summary>How many candidates there are.</summary>
    internal int Count => _inputs.Rows.Length;

    /// <inheritdoc cref="ReadInputs.Rows"/>
    internal ReadOnlySpan<int> Rows => _inputs.Rows;

    /// <inheritdoc cref="ReadInputs.CandidateOf"/>
    internal ReadOnlySpan<int> CandidateOf => _inputs.CandidateOf;

    /// <summary>Rows that the session clicked in its present run, newest first, without repeats; the user's where the request names no session.</summary>
    internal ReadOnlySpan<int> Recent => _scratch.Recent;

    /// <summary>The candidates' words, one row behind the other.</summary>
    internal ReadOnlySpan<long> Words { get; }

    /// <summary>Words of one row.</summary>
    internal int Stride { get; }

    /// <summary>The epoch's time: where windows of items end.</summary>
    internal UnixMicros Now => Snapshot.Time;

    /// <inheritdoc cref="ReadInputs.Asked"/>
    internal UnixMicros Asked => _inputs.Asked;

    /// <inheritdoc cref="ReadInputs.Person"/>
    internal PersonBuffer Person => _inputs.Person;

    /// <inheritdoc cref="ReadInputs.Context"/>
    internal ImmutableSortedDictionary<string, string> Context => _inputs.Context;

    /// <summary>The words of candidate <paramref name="i"/>; zeros for an unknown item.</summary>
    internal ReadOnlySpan<long> Row(int i) => Words.Slice(i * Stride, Stride);

    /// <summary>The catalogue's entry of a candidate; null for an item that only the caller, or only events, know.</summary>
    internal CatalogueItem? Item(int i) => Rows[i] >= 0 && Snapshot.Item(Rows[i]) is { Ghost: false } item ? item : null;

    /// <summary>The <paramref name="index"/>-th of the definition's states.</summary>
    internal T State<T>(int index)
        where T : FrozenState => (T)Snapshot.State(_bound.States[index]);

    /// <summary>The <paramref name="index"/>-th of the definition's sections; empty when the person has none.</summary>
    internal ReadOnlySpan<byte> Section(int index) => Person.Section(_bound.Sections[index].Of, _bound.Sections[index].Index);

    /// <summary>Doubles to work in; what they hold before means nothing.</summary>
    internal Span<double> Doubles(int length) => _scratch.Doubles(length);

    /// <summary>The column of the definition's <paramref name="index"/>-th input.</summary>
    internal ReadOnlySpan<float> Input(int index) => _scratch.Column(_bound.Inputs[index], Count);
}

/// <summary>A definition with the places of what it reads.</summary>
/// <param name="Definition">The definition.</param>
/// <param name="States">Indexes of its states in the set.</param>
/// <param name="Sections">Whose its sections are, and their indexes among those of the same kind of person.</param>
/// <param name="Inputs">Indexes of its inputs in the set.</param>
internal sealed record BoundFeature(FeatureDefinition Definition, ImmutableArray<int> States, ImmutableArray<(PersonEntity Of, int Index)> Sections, ImmutableArray<int> Inputs);
