using Millrace.Features.Definitions;
using Millrace.Features.Online;

namespace Millrace.Decisions.Candidates;

/// <summary>
/// New items, those that were tried least first; without a feature that counts trials the newest first. What is shown is counted with the next epoch and makes room for
/// what was not; among those of as many trials the epoch chooses, since to be a candidate is no trial.
/// </summary>
/// <param name="window">How old an item may be.</param>
/// <param name="trials">Counts trials of items, or examinations; null for none.</param>
/// <param name="features">Have it.</param>
internal sealed class NewSource(TimeSpan window, FeatureDefinition? trials, FeatureSet features) : ICandidateSource
{
    private readonly int _trials = trials is null ? -1 : features.States.IndexOf(trials.States[0]);

    public void Gather(in SourceRequest request, CandidateSink sink) =>
        sink.Offer(request.Snapshot.Lists.Unproven(window, _trials < 0 ? null : (WindowedSums.Frozen)request.Snapshot.State(_trials)));
}
