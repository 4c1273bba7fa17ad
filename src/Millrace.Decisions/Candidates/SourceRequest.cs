using Millrace.Features.Definitions;
using Millrace.Features.Online;

namespace Millrace.Decisions.Candidates;

/// <summary>What a source proposes from.</summary>
/// <param name="inputs">What the decision knows; no candidates yet.</param>
/// <param name="segment">The value of the context that names the segment; null when there is none.</param>
/// <param name="scratch">Buffers, nobody else's until the source returns.</param>
internal readonly ref struct SourceRequest(ReadInputs inputs, string? segment, SourceScratch scratch)
{
    internal ReadInputs Inputs { get; } = inputs;

    internal string? Segment { get; } = segment;

    internal SourceScratch Scratch { get; } = scratch;

    /// <summary>Indexes of the rows of the folder that the snapshot is of; null where none are kept.</summary>
    internal NeighbourIndexes? Neighbours { get; init; }

    internal FeatureSnapshot Snapshot => Inputs.Snapshot;
}
