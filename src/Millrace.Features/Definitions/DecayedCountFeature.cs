using Millrace.Features.Numerics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>A count in which an event's weight halves every <paramref name="HalfLife"/>: <c>{name, entity: item, count: click, halfLife: 1h}</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Event">The event counted.</param>
/// <param name="HalfLife">1 s to 90 days; ages are cut to an eighth of it.</param>
/// <param name="As"><see cref="CountRead.Count"/> or <see cref="CountRead.Log"/>, which is log(1 + decayed).</param>
public sealed record DecayedCountFeature(string Name, string Event, TimeSpan HalfLife, CountRead As = CountRead.Count) : FeatureDefinition(Name)
{
    private readonly double[] _weights =
        [.. Enumerable.Range(0, BucketedCounts.Kept).Select(age => Deterministic.HalfLifeDecay(age, BucketedCounts.PerHalfLife))];

    internal override StateKey State => new BucketedCountsKey(Event, HalfLife);

    internal override IEnumerable<string> Faults() => DefinitionFaults.Event(Event)
        .Concat(DefinitionFaults.Span("halfLife", HalfLife))
        .Concat(As == CountRead.Share ? ["as: a decayed count can be read as count or log, not as share"] : []);

    internal override void Read(in FeatureRead read, FrozenState? state, int column)
    {
        var counts = (BucketedCounts.Frozen)state!;
        for (int i = 0; i < read.Rows.Length; i++)
        {
            if (read.Rows[i] < 0) continue;
            double decayed = counts.Decayed(read.Rows[i], _weights);
            read.Cell(i, column) = (float)(As == CountRead.Log ? Deterministic.Log(1 + decayed) : decayed);
        }
    }
}
