using Millrace.Decisions;
using Millrace.Journal.Facts;

namespace Millrace.Flywheel;

/// <summary>Joint decision→fact: every decision is journalled behind its reply.</summary>
internal sealed class DecisionToFact(FactWriteBehind queue) : IDecisionSink
{
    public void Write(Decided decision) => queue.Write(decision);
}
