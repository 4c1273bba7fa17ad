using Millrace.Journal;

namespace Millrace.Features.PointInTime;

/// <summary>
/// Facts of one partition, which persons go through before items do. What persons say of a fact stands beside it, since items read facts that persons have yet to come to.
/// </summary>
internal sealed class FactBatch(StoredFact[] facts)
{
    private bool[]? _passedOver;

    /// <summary>The facts, the first of them first; items let go of those that they are through with.</summary>
    internal StoredFact[] Facts => facts;

    /// <summary>Has items pass over a fact: as the node that served, what persons cannot fold, items do not fold either.</summary>
    internal void PassOver(int at) => (_passedOver ??= new bool[facts.Length])[at] = true;

    /// <summary>Whether persons could not fold a fact that they have come to.</summary>
    internal bool IsPassedOver(int at) => _passedOver?[at] ?? false;
}
