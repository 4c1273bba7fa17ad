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
    public static readonly EventId RequestFaulted = new(9, "requestFaulted");
    public static readonly EventId WriteBehindEnded = new(10, "writeBehindEnded");
    public static readonly EventId FactsDropped = new(11, "factsDropped");
    public static readonly EventId FoldingStalled = new(12, "foldingStalled");
    public static readonly EventId FoldingResumed = new(13, "foldingResumed");
    public static readonly EventId FactSkipped = new(14, "factSkipped");
    public static readonly EventId PurgesLost = new(15, "purgesLost");
    public static readonly EventId ClosingFailed = new(16, "closingFailed");
    public static readonly EventId LogDropped = new(17, "logDropped");
    public static readonly EventId HistoryShort = new(18, "historyShort");
    public static readonly EventId PurgesFollowed = new(19, "purgesFollowed");
    public static readonly EventId SubjectKeysDamaged = new(20, "subjectKeysDamaged");
    public static readonly EventId SubjectKeysNearlyFull = new(21, "subjectKeysNearlyFull");
    public static readonly EventId CertificateRefused = new(22, "certificateRefused");
    public static readonly EventId ConfigWarned = new(23, "configWarned");
    public static readonly EventId AccessLogLost = new(24, "accessLogLost");
    public static readonly EventId AccessLogResumed = new(25, "accessLogResumed");
    public static readonly EventId CertificatesRenewed = new(26, "certificatesRenewed");
    public static readonly EventId ConsentNotRenewed = new(27, "consentNotRenewed");
    public static readonly EventId BackfillStarted = new(28, "backfillStarted");
    public static readonly EventId BackfillProgress = new(29, "backfillProgress");
    public static readonly EventId BackfillStalled = new(30, "backfillStalled");
    public static readonly EventId FeaturesReplaced = new(31, "featuresReplaced");
    public static readonly EventId FreshnessMissed = new(32, "freshnessMissed");
    public static readonly EventId FreshnessMet = new(33, "freshnessMet");
    public static readonly EventId SnapshotLoaded = new(34, "snapshotLoaded");
    public static readonly EventId SnapshotRefused = new(35, "snapshotRefused");
    public static readonly EventId SnapshotWritten = new(36, "snapshotWritten");
    public static readonly EventId SnapshotFailed = new(37, "snapshotFailed");
    public static readonly EventId PriorFitted = new(38, "priorFitted");
    public static readonly EventId PriorNotFitted = new(39, "priorNotFitted");
    public static readonly EventId SkewFound = new(40, "skewFound");
    public static readonly EventId SkewClean = new(41, "skewClean");
    public static readonly EventId SkewExcused = new(42, "skewExcused");
    public static readonly EventId SkewWatchEnded = new(43, "skewWatchEnded");
    public static readonly EventId LinksLost = new(44, "linksLost");
    public static readonly EventId ItemsMisfit = new(45, "itemsMisfit");
    public static readonly EventId ModelDamaged = new(46, "modelDamaged");
    public static readonly EventId NeighboursFaulted = new(47, "neighboursFaulted");
    public static readonly EventId PriorCut = new(48, "priorCut");
}
