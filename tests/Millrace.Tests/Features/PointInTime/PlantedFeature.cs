using System.Collections.Immutable;
using Millrace.Features.Definitions;
using Millrace.Features.Online;

namespace Millrace.Tests.Features.PointInTime;

/// <summary>
/// How often an item had an event, ever, with a fault that may be planted in its update rule: each so many-th event is forgotten. The fault is no part of its definition, as
/// a fault in code is not. It is also all that it takes to add a kind of feature.
/// </summary>
internal sealed record PlantedFeature(string Name, string Event) : FeatureDefinition(Name)
{
    /// <summary>Each so many-th event is forgotten; 0 forgets none.</summary>
    internal int Forgets { get; init; }

    /// <summary>The rank whose events cannot be folded; 0 is none.</summary>
    internal int Throws { get; init; }

    public override FeatureEntity Entity => FeatureEntity.Item;

    internal override ImmutableArray<StateKey> States => [new Key(Event) { Forgets = Forgets, Throws = Throws }];

    internal override IEnumerable<string> Faults() => [];

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        var state = read.State<State.Frozen>(0);
        for (var i = 0; i < column.Length; i++)
        {
            column[i] = read.Rows[i] < 0 ? float.NaN : state.Count(read.Row(i));
        }
    }

    internal sealed record Key(string Event) : StateKey
    {
        internal int Forgets { get; init; }

        internal int Throws { get; init; }

        internal override TimeSpan Reach => TimeSpan.FromDays(90);

        internal override ItemState Create(FoldContext context) => new State(this);
    }

    private sealed class State(Key key) : ItemState
    {
        private int _events;

        internal override int Cells => 1;

        internal override string? Event => key.Event;

        internal override void Apply(in FoldedEvent folded, Span<long> row)
        {
            if (key.Throws > 0 && folded.Fact.Rank == key.Throws)
            {
                throw new InvalidOperationException("planted");
            }

            if (key.Forgets == 0 || ++_events % key.Forgets != 0)
            {
                row.Cells()[Front]++;
            }
        }

        internal override FrozenState Freeze(long time) => new Frozen(Front);

        internal sealed class Frozen(int front) : FrozenState
        {
            internal long Count(CellRow row) => row[front];

            internal override IEnumerable<string> Canonical(CanonicalItems items) => items.Taken.Select(row => $"{items.IdOf(row)}:{Count(items.Cells(row))}").Order(StringComparer.Ordinal);
        }
    }
}
