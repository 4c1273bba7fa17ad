using System.Collections.Immutable;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>
/// How often an item was looked at, not merely shown: each event weighs what a curve says of its rank. The trials of a posterior that is not to take an item for bad because it stood
/// low. Everywhere: <c>{name, entity: item, count: impression, window: 1d, examination: dcg}</c>; where the request is: <c>{entity: item-context, …, by: segment}</c>.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Event">The event counted.</param>
/// <param name="By">As of <see cref="CrossFeature"/>; null counts everywhere.</param>
/// <param name="Window">1 s to 90 days; it moves in steps of a sixtieth.</param>
/// <param name="Examination">What an event weighs by its rank; in a context to the nearest 64th.</param>
public sealed record ExaminedCountFeature(string Name, string Event, string? By, TimeSpan Window, ExaminationCurve Examination) : FeatureDefinition(Name)
{
    public override FeatureEntity Entity => By is null ? FeatureEntity.Item : FeatureEntity.ItemContext;

    public override ImmutableArray<string> ContextKeys => By is null ? [] : ContextPart.Keys(By);

    internal override ImmutableArray<StateKey> States => By is null
        ? [new WindowedSumsKey(Event, Window, Curve: Examination)]
        : [new CrossedExaminationsKey(Event, Window, By, Examination)];

    internal override (FeatureEntity Of, string Event)? Dated => By is null ? (FeatureEntity.Item, Event) : null;

    internal override IEnumerable<string> Faults() => DefinitionFaults.Event(Event)
        .Concat(By is null ? [] : ContextPart.Faults(By))
        .Concat(DefinitionFaults.Span("window", Window))
        .Concat(Examination.Faults());

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        if (By is null)
        {
            Everywhere(read, column);
        }
        else if (ContextPart.HashOf(By, read) is { } value)
        {
            Here(read, value, column);
        }
    }

    private static void Everywhere(in FeatureRead read, Span<float> column)
    {
        var sums = read.Longs(read.State<WindowedSums.Frozen>(0).SumAt);
        for (var i = 0; i < column.Length; i++)
        {
            column[i] = (float)(sums[i] / (double)ExaminationCurve.One);
        }

        read.Blank(column);
    }

    private static void Here(in FeatureRead read, ulong value, Span<float> column)
    {
        var counts = read.State<CrossedCounts.Frozen>(0);
        var rows = read.Rows;
        var all = read.Column(counts.At);
        for (var i = 0; i < column.Length; i++)
        {
            column[i] = all[i] == 0 ? 0 : (float)(counts.Count(rows[i], value) / (double)CrossedExaminationsKey.One);
        }

        read.Blank(column);
    }
}
