using Millrace.Journal.Facts;

namespace Millrace.Decisions;

/// <summary>Where decisions go, behind the reply. The decide path never waits for it.</summary>
public interface IDecisionSink
{
    /// <summary>Takes the decision, or counts it as dropped when its bounded queue is full: a full queue never fails a reply.</summary>
    void Write(Decided decision);
}
