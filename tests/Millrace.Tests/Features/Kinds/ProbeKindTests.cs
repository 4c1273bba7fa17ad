using System.Collections.Immutable;
using Millrace.Features.Definitions;
using Millrace.Features.Online;

namespace Millrace.Tests.Features.Kinds;

/// <summary>A kind of feature is one class that states its update and its read once; its state is stored, frozen, shared and read by what there is.</summary>
public sealed class ProbeKindTests
{
    [Fact]
    public void One_class_is_all_that_a_kind_takes()
    {
        var history = new History();
        var run = new KindRun(FeatureSet.Create([new LongestSession("longest", "click"), new LongestSession("again", "click")]));
        run.Take(history.Put("a"), history.Put("b"), history.Click("a", "x"), history.Click("a", "longer"), history.Event("impression", "a", "the longest of all"));
        var values = run.Read(run.Folder.Freeze(default), ["a", "b"], history.Now, new Asker(null, null));
        Assert.Equal((6f, 6f, 0f), (values["a"]["longest"], values["a"]["again"], values["b"]["longest"]));
        Assert.True(float.IsNaN(values["stranger"]["longest"]));
    }

    /// <summary>The longest session id that had an event with the item.</summary>
    private sealed record LongestSession(string Name, string Event) : FeatureDefinition(Name)
    {
        public override FeatureEntity Entity => FeatureEntity.Item;

        internal override ImmutableArray<StateKey> States => [new Key(Event)];

        internal override IEnumerable<string> Faults() => DefinitionFaults.Event(Event);

        internal override void Read(in FeatureRead read, Span<float> column)
        {
            var state = read.State<State.Frozen>(0);
            for (var i = 0; i < column.Length; i++)
            {
                column[i] = read.Rows[i] >= 0 ? read.Row(i)[state.At] : float.NaN;
            }
        }

        private sealed record Key(string Event) : StateKey
        {
            internal override TimeSpan Reach => TimeSpan.FromDays(1);

            internal override ItemState Create(FoldContext context) => new State(Event);
        }

        private sealed class State(string @event) : ItemState
        {
            internal override int Cells => 1;

            internal override string? Event => @event;

            internal override void Apply(in FoldedEvent folded, Span<long> row) =>
                row.Cells()[Front] = Math.Max(row.Cells()[Front], (uint)(folded.Fact.Session?.Length ?? 0));

            internal override FrozenState Freeze(long time) => new Frozen(Front);

            internal sealed class Frozen(int front) : FrozenState
            {
                internal int At => front;

                internal override IEnumerable<string> Canonical(CanonicalItems items) => items.Taken.Select(row => $"{items.IdOf(row)}:{items.Cells(row)[front]}");
            }
        }
    }
}
