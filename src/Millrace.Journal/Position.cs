using System.Collections.Immutable;

namespace Millrace.Journal;

/// <summary>Where a fact stands: offsets count facts from 0 within one partition of one stream, without gaps.</summary>
public readonly record struct Position(JournalStream Stream, int Partition, long Offset)
{
    public override string ToString() => $"{Stream.ToString().ToLowerInvariant()}/{Partition}@{Offset}";
}

/// <summary>The facts that a partition holds: offsets in [<paramref name="First"/>, <paramref name="End"/>).</summary>
/// <param name="First">The oldest offset that retention has left.</param>
/// <param name="End">One past the last durable offset.</param>
public readonly record struct PartitionRange(long First, long End);

/// <summary>A fact as read back: with the place it was given when it was appended.</summary>
public readonly record struct StoredFact(Position Position, Facts.Fact Fact);

/// <summary>A vector of positions: per stream and partition, the offset that comes next. Names a feature snapshot.</summary>
/// <param name="Next">In ascending order of stream and partition; each is the first offset <em>not</em> folded.</param>
public sealed record Cut(ImmutableArray<Position> Next)
{
    public override string ToString() => string.Join(',', Next);
}
