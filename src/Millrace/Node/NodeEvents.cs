using Microsoft.Extensions.Logging;

namespace Millrace.Node;

/// <summary>The names of the node's log events.</summary>
internal static class NodeEvents
{
    public static readonly EventId Started = new(1, "nodeStarted");
    public static readonly EventId Draining = new(2, "nodeDraining");
    public static readonly EventId Stopped = new(3, "nodeStopped");
    public static readonly EventId ConfigApplied = new(4, "configApplied");
    public static readonly EventId ConfigRefused = new(5, "configRefused");
    public static readonly EventId ConfigNeedsRestart = new(6, "configNeedsRestart");
    public static readonly EventId DrainTooSlow = new(7, "drainTooSlow");
    public static readonly EventId DecisionFaulted = new(8, "decisionFaulted");
    public static readonly EventId SubjectKeysDamaged = new(30, "subjectKeysDamaged");
    public static readonly EventId SubjectKeysNearlyFull = new(31, "subjectKeysNearlyFull");
}
