using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Features.PointInTime;

/// <summary>What a decision knew, again: valid until its visitor returns.</summary>
public sealed class Moment
{
    /// <summary>The decision.</summary>
    public Decided Decided { get; internal set; } = null!;

    /// <summary>Where its record stands.</summary>
    public Position Position { get; internal set; }

    /// <summary>The items at its epoch.</summary>
    public FeatureSnapshot Snapshot { get; internal set; } = null!;

    /// <summary>The person who asked, as the decision read it.</summary>
    public PersonBuffer Person { get; internal set; } = new();

    /// <summary>Why the values of a feature may be others than the facts say; null when nothing that a bound left out lies within its windows.</summary>
    public Inexactness? InexactOf(FeatureDefinition feature) => Inexact(feature, Snapshot.Time, WalkOptions.TimeOf(Decided));

    internal Func<FeatureDefinition, UnixMicros, UnixMicros, Inexactness?> Inexact { get; init; } = static (_, _, _) => null;
}

/// <summary>Called for each decision of a walk, in the order of epochs.</summary>
public interface IMomentVisitor
{
    ValueTask VisitAsync(Moment moment, CancellationToken cancellation);

    /// <summary>Told of each decision that is passed over, as soon as that is known.</summary>
    void Missed(Decided decided, NotVisited reason)
    {
    }
}
