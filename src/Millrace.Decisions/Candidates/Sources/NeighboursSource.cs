using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Features.Text;

namespace Millrace.Decisions.Candidates;

/// <summary>The nearest, by cosine, to the sum of the embeddings of what the person chose last: an exact scan of all rows.</summary>
/// <param name="feature">Whose embeddings and history they are.</param>
/// <param name="section">The history.</param>
internal sealed class NeighboursSource(EmbeddingSimilarityFeature feature, (PersonEntity Of, int Index) section) : ICandidateSource
{
    private const int RowsPerLook = 256;

    public void Gather(in SourceRequest request, CandidateSink sink)
    {
        FeatureSnapshot snapshot = request.Snapshot;
        var vectors = snapshot.State<CatalogueState.Frozen>(feature.States[0]);
        Span<sbyte> person = stackalloc sbyte[feature.Dimensions];
        if (!Query(request, vectors, person)) return;
        ScoredRows scores = request.Scratch.Scores;
        for (int row = 0; row < snapshot.Rows; row++)
        {
            if (row % RowsPerLook == 0 && sink.IsPast()) break;
            if (snapshot.Known(row) is null || vectors.Of(snapshot.Cells(row)) is var cells && cells[0] == 0) continue;
            // The person's own length is the same for all.
            scores.Offer(row, Int8Vector.Dot(ItemVectors.Vector(cells), person) / Math.Sqrt(cells[0]), sink.Depth, snapshot);
        }

        PairSource.Offer(request, sink);
    }

    private bool Query(in SourceRequest request, CatalogueState.Frozen vectors, Span<sbyte> person)
    {
        Span<int> sum = stackalloc int[person.Length];
        sum.Clear();
        foreach (int row in request.Scratch.Read.Items(request.Inputs, section, feature.Sections[0].Reach).Rows)
        {
            Int8Vector.AddTo(sum, ItemVectors.Vector(vectors.Of(request.Snapshot.Cells(row))));
        }

        Int8Vector.FromCounts(sum, person);
        return Int8Vector.Dot(person, person) != 0;
    }
}
