using Millrace.Decisions.Candidates.Vectors;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Features.Text;

namespace Millrace.Decisions.Candidates;

/// <summary>
/// The nearest, by cosine, to the sum of the embeddings of what the person chose last, or to the item that the request's context names. Found by the index of the embedding where
/// there is one; else, and in small catalogues, by a scan of all rows. The decision's snapshot has the last word: what an index proposes is ranked by what stands there.
/// </summary>
/// <param name="feature">Whose embeddings and history they are.</param>
/// <param name="section">The history.</param>
/// <param name="of">The key of the context that names the item; null looks at the history.</param>
internal sealed class NeighboursSource(EmbeddingSimilarityFeature feature, (PersonEntity Of, int Index) section, string? of = null) : ICandidateSource
{
    private const int RowsPerLook = 256;
    private const int None = -1;

    public void Gather(in SourceRequest request, CandidateSink sink)
    {
        var vectors = request.Snapshot.State<CatalogueState.Frozen>(feature.States[0]);
        Span<sbyte> query = stackalloc sbyte[feature.Dimensions];
        int read = of is null ? None : ReadNow(request);
        if (of is null ? !OfPerson(request, vectors, query) : !OfItem(read, request, vectors, query)) return;
        if (request.Neighbours?.Of(feature.States[0]) is { } index) Search(index.Vectors, query, read, request, sink, vectors);
        else Scan(query, read, request, sink, vectors);
        PairSource.Offer(request, sink);
    }

    private static void Scan(ReadOnlySpan<sbyte> query, int read, in SourceRequest request, CandidateSink sink, CatalogueState.Frozen vectors)
    {
        FeatureSnapshot snapshot = request.Snapshot;
        for (int row = 0; row < snapshot.Rows; row++)
        {
            if (row % RowsPerLook == 0 && sink.IsPast()) return;
            if (row != read && snapshot.Known(row) is not null) Offer(row, query, request, sink, vectors);
        }
    }

    private static void Search(VectorIndex index, ReadOnlySpan<sbyte> query, int read, in SourceRequest request, CandidateSink sink, CatalogueState.Frozen vectors)
    {
        NeighbourScratch scratch = request.Scratch.Neighbours;
        Span<Neighbour> found = scratch.Found(sink.Depth);
        foreach (ref readonly Neighbour near in found[..index.Search(scratch.Floats(query), sink.Depth, scratch.Admitted(sink, request.Snapshot), scratch.Vectors, found)])
        {
            if (near.Row != read) Offer(near.Row, query, request, sink, vectors);
        }
    }

    private static void Offer(int row, ReadOnlySpan<sbyte> query, in SourceRequest request, CandidateSink sink, CatalogueState.Frozen vectors)
    {
        ReadOnlySpan<uint> cells = vectors.Of(request.Snapshot.Cells(row));
        if (cells[0] == 0) return;

        // The query's own length is the same for all.
        double score = Int8Vector.Dot(ItemVectors.Vector(cells), query) / Math.Sqrt(cells[0]);
        ScoredRows scores = request.Scratch.Scores;
        if (scores.Takes(score) && sink.Admits(row)) scores.Offer(row, score, sink.Depth, request.Snapshot);
    }

    private int ReadNow(in SourceRequest request) => request.Inputs.Context.TryGetValue(of!, out string? item) ? request.Snapshot.RowOf(item) : None;

    private static bool OfItem(int row, in SourceRequest request, CatalogueState.Frozen vectors, Span<sbyte> query)
    {
        if (row < 0) return false;
        ReadOnlySpan<uint> cells = vectors.Of(request.Snapshot.Cells(row));
        ItemVectors.Vector(cells).CopyTo(query);
        return cells[0] != 0;
    }

    private bool OfPerson(in SourceRequest request, CatalogueState.Frozen vectors, Span<sbyte> query)
    {
        Span<int> sum = stackalloc int[query.Length];
        sum.Clear();
        foreach (int row in request.Scratch.Read.Items(request.Inputs, section, feature.Sections[0].Reach).Rows)
        {
            Int8Vector.AddTo(sum, ItemVectors.Vector(vectors.Of(request.Snapshot.Cells(row))));
        }

        Int8Vector.FromCounts(sum, query);
        return Int8Vector.Dot(query, query) != 0;
    }
}
