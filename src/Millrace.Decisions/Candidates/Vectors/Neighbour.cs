namespace Millrace.Decisions.Candidates.Vectors;

/// <summary>A row that a search found.</summary>
/// <param name="Row">The row.</param>
/// <param name="Similarity">Cosine of the angle between it and the query, −1 to 1.</param>
public readonly record struct Neighbour(int Row, float Similarity);
