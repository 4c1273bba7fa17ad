namespace Millrace.World.Audience;

/// <summary>A person with their truth, which only the world knows.</summary>
/// <param name="Index">Their number.</param>
/// <param name="Id">Their id in the API.</param>
/// <param name="Country">Where they live: the segment that a request may name.</param>
/// <param name="Taste">Topic → weight, summing to 1.</param>
public sealed record WorldUser(int Index, string Id, int Country, IReadOnlyList<double> Taste);
