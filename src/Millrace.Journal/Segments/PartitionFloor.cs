namespace Millrace.Journal.Segments;

/// <summary>What is known of a partition beside its segments, so that the loss of whole ones is noticed.</summary>
/// <param name="End">Offsets below it were durable.</param>
/// <param name="IsWhole">Whether it keeps everything from offset 0 on.</param>
internal readonly record struct PartitionFloor(long End, bool IsWhole);
