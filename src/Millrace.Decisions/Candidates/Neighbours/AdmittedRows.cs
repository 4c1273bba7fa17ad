using Millrace.Decisions.Candidates.Vectors;
using Millrace.Features.Online;

namespace Millrace.Decisions.Candidates;

/// <summary>The rows that a decision may show: what its own snapshot holds of them, and the policy's filters, are asked within the search, which ends when the source's time does.</summary>
/// <param name="sink">Knows what is excluded and filtered.</param>
/// <param name="snapshot">The decision's: of rows that came or left since, the index may know better, and is not asked.</param>
/// <param name="counts">How many were asked for and allowed.</param>
internal readonly struct AdmittedRows(CandidateSink sink, FeatureSnapshot snapshot, AdmittedCounts counts) : IRowFilter
{
    // Those asked for are near the query: far from it a filter may allow more.
    private const float LeastShare = 0.01f;

    public int? Count => null;

    public bool IsOver => sink.IsPast();

    public float Share(int rows) => Math.Max(LeastShare, (counts.Allowed + 1f) / (counts.Asked + 1f));

    public bool Allows(int row)
    {
        counts.Asked++;
        if (snapshot.Known(row) is null || !sink.Admits(row)) return false;
        counts.Allowed++;
        return true;
    }

    public int Next(int row) => throw new NotSupportedException("Rows are admitted one by one.");
}

/// <summary>What a search has asked of its filter.</summary>
internal sealed class AdmittedCounts
{
    internal int Asked { get; set; }

    internal int Allowed { get; set; }
}
