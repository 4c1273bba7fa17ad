using Millrace.Decisions.Candidates.Vectors;
using Millrace.Features.Online;

namespace Millrace.Decisions.Candidates;

/// <summary>Buffers of searches for neighbours, one at a time, kept for the next.</summary>
internal sealed class NeighbourScratch
{
    private readonly AdmittedCounts _counts = new();
    private float[] _query = [];
    private Neighbour[] _found = [];

    internal VectorScratch Vectors { get; } = new();

    internal Span<Neighbour> Found(int most)
    {
        if (_found.Length < most) _found = new Neighbour[most];
        return _found.AsSpan(0, most);
    }

    internal ReadOnlySpan<float> Floats(ReadOnlySpan<sbyte> vector)
    {
        if (_query.Length < vector.Length) _query = new float[vector.Length];
        for (int i = 0; i < vector.Length; i++) _query[i] = vector[i];
        return _query.AsSpan(0, vector.Length);
    }

    internal AdmittedRows Admitted(CandidateSink sink, FeatureSnapshot snapshot)
    {
        (_counts.Asked, _counts.Allowed) = (0, 0);
        return new AdmittedRows(sink, snapshot, _counts);
    }
}
