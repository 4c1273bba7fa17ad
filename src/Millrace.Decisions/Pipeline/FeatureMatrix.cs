using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Pipeline;

/// <summary>Reads the blend's features of all candidates into one row-major matrix; what the request says of a candidate wins.</summary>
internal static class FeatureMatrix
{
    internal static void Read(Workspace work, DecideRequest request, Policy policy, FeatureSet features, FeatureSnapshot snapshot, UserView user)
    {
        int columns = policy.Blend.Count;
        Span<float> matrix = work.ClearMatrix(columns);
        int recent = 0;
        foreach (string id in user.Recent)
        {
            if (snapshot.RowOf(id) is var row and >= 0) work.Recent[recent++] = row;
        }

        var read = new FeatureRead
        {
            Snapshot = snapshot,
            Rows = work.Rows.AsSpan(0, work.Count),
            CandidateOf = work.CandidateOf,
            Recent = work.Recent.AsSpan(0, recent),
            Matrix = matrix,
            Stride = columns,
        };
        int column = 0;
        foreach (string name in policy.Blend.Keys)
        {
            int index = features.IndexOf(name);
            int state = features.StateOf(index);
            features.Definitions[index].Read(read, state < 0 ? null : snapshot.State(state), column++);
        }

        if (!request.Candidates.IsDefault) Override(work, request, policy, matrix, columns);
    }

    private static void Override(Workspace work, DecideRequest request, Policy policy, Span<float> matrix, int columns)
    {
        foreach (RequestCandidate candidate in request.Candidates)
        {
            if (candidate.Features.Count == 0 || work.IndexOf(candidate.Item) is not (>= 0 and var row)) continue;
            int column = 0;
            foreach (string name in policy.Blend.Keys)
            {
                if (candidate.Features.TryGetValue(name, out float value)) matrix[(row * columns) + column] = value;
                column++;
            }
        }
    }
}
