using Millrace.Features.Definitions;

namespace Millrace.Decisions.Candidates;

/// <summary>Buffers of the sources of one decision under way, kept for the next.</summary>
/// <param name="read">Reads the person's histories.</param>
internal sealed class SourceScratch(ReadScratch read)
{
    internal ReadScratch Read => read;

    internal ScoredRows Scores { get; } = new();

    internal NeighbourScratch Neighbours { get; } = new();

    /// <summary>Forgets the decision before.</summary>
    internal void Begin() => read.BeginPerson();
}
