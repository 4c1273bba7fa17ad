using Millrace.Decisions;
using Millrace.Journal.Facts;

namespace Millrace.Flywheel;

/// <summary>Joint decision→fact: every decision is journalled behind its reply.</summary>
internal sealed class DecisionToFact(FactWriteBehind queue) : IDecisionSink
{
    public void Write(Decided decision) => queue.Write(decision);

    /// <summary>A full record that is too long for the journal is kept slim: it can be explained and learnt from, not replayed.</summary>
    public static Fact? Shorter(Fact fact) => fact is Decided { Inputs: not null } full ? full with { Inputs = null } : null;
}
