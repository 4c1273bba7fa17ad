using Millrace.Features.Catalogue;
using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Features.Definitions;

/// <summary>What a definition reads from and writes to: the candidates' rows, the session, and one row-major matrix.</summary>
internal readonly ref struct FeatureRead
{
    internal required FeatureSnapshot Snapshot { get; init; }

    /// <summary>The candidates' rows in the snapshot; −1 for an item that it does not know.</summary>
    internal required ReadOnlySpan<int> Rows { get; init; }

    /// <summary>For a snapshot row, the candidate's index plus one, else 0: the inverse of <see cref="Rows"/>.</summary>
    internal required ReadOnlySpan<int> CandidateOf { get; init; }

    /// <summary>Rows that the session clicked, newest first, without repeats.</summary>
    internal required ReadOnlySpan<int> Recent { get; init; }

    /// <summary>Rows.Length × Stride.</summary>
    internal required Span<float> Matrix { get; init; }

    internal required int Stride { get; init; }

    internal UnixMicros Now => Snapshot.Time;

    internal ref float Cell(int candidate, int column) => ref Matrix[(candidate * Stride) + column];

    internal CatalogueItem? Item(int candidate) => Rows[candidate] < 0 ? null : Snapshot.Item(Rows[candidate]);
}
