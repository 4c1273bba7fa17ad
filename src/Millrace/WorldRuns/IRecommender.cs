using Millrace.Decisions;
using Millrace.Journal.Facts;

namespace Millrace.WorldRuns;

/// <summary>
/// What is judged in a world. It is told what a node's API is told, as facts and requests, and nothing else: no truth of the world passes here, so that a method
/// that peeks cannot be written.
/// </summary>
internal interface IRecommender
{
    /// <summary>An item is published.</summary>
    void Publish(ItemChanged item);

    /// <summary>Something was seen, clicked or stayed with.</summary>
    void Observe(Observed happened);

    /// <summary>The ids of a slate, best first.</summary>
    IReadOnlyList<string> Decide(DecideRequest request);
}
