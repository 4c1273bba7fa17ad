using System.Collections.Immutable;
using Millrace.Features.Definitions;
using Millrace.Features.Online;

namespace Millrace.Tests.Features.PointInTime;

/// <summary>A feature of persons that cannot fold some events: those whose rank follows a multiple of <see cref="Each"/>.</summary>
internal sealed record UnfoldablePersonFeature(string Name, string Event) : FeatureDefinition(Name)
{
    internal const int Each = 7;

    public override FeatureEntity Entity => FeatureEntity.User;

    internal override ImmutableArray<PersonKey> Sections => [new Key(Event)];

    internal override IEnumerable<string> Faults() => [];

    internal override void Read(in FeatureRead read, Span<float> column) => column.Clear();

    private sealed record Key(string Event) : PersonKey
    {
        internal override PersonEntity Of => PersonEntity.User;

        internal override TimeSpan Reach => TimeSpan.FromDays(1);

        internal override PersonState Create() => new State(Event);
    }

    private sealed class State(string name) : PersonState
    {
        internal override bool Wants(string @event) => @event == name;

        internal override void Apply(in FoldedEvent folded, SectionEditor section)
        {
            if (folded.Fact.Rank % Each == 1)
            {
                throw new InvalidOperationException("planted");
            }
        }

        internal override string Describe(ReadOnlySpan<byte> section) => "";
    }
}
