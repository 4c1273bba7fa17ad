using Millrace.Decisions.Candidates;
using Millrace.Decisions.Terms;
using Millrace.Features.Online;

namespace Millrace.Decisions.Pipeline;

/// <summary>
/// What decisions are taken from, all of one generation: policies, the features that they were checked against, and the persons whose sections those features read.
/// A request pins one, so that it never reads by the policies of one generation what another one folds.
/// </summary>
/// <param name="Policies">Policies and surfaces.</param>
/// <param name="Snapshot">The newest snapshot of the generation; read once per decision, or again when it changed while the person was read.</param>
/// <param name="Persons">What sessions and users did last.</param>
public sealed record Serving(PolicySet Policies, Func<FeatureSnapshot> Snapshot, IPersonStore Persons)
{
    /// <summary>Indexes of the generation's rows; null scans them.</summary>
    internal NeighbourIndexes? Neighbours { get; init; }

    /// <summary>What heads may read from outside.</summary>
    public ObjectiveTerms Terms { get; init; } = ObjectiveTerms.None;
}

/// <summary>Where deciders find what serves; <see cref="Swap"/> replaces all of it at once.</summary>
public sealed class ServingTable(Serving initial)
{
    private volatile Serving _current = initial;

    public Serving Current => _current;

    /// <summary>Has <paramref name="next"/> serve; requests under way keep what they pinned.</summary>
    public void Swap(Serving next) => _current = next;
}
