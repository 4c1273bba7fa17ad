using Millrace.Features.Online;

namespace Millrace.Decisions.Candidates;

/// <summary>The neighbours of what the session clicked last; of the click before it where those are too few, and so on.</summary>
internal sealed class SimilarSource : ICandidateSource
{
    public void Gather(in SourceRequest request, CandidateSink sink)
    {
        FeatureSnapshot snapshot = request.Snapshot;
        foreach (int clicked in request.Scratch.Read.Recent(request.Inputs))
        {
            if (sink.Left <= 0) return;
            if (snapshot.Neighbours(clicked) is not { } neighbours) continue;
            foreach (ref readonly CountEntry entry in neighbours.Best(snapshot))
            {
                if (!sink.Offer(entry.Row)) return;
            }
        }
    }
}
