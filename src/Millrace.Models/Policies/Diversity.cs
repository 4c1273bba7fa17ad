namespace Millrace.Models.Policies;

/// <summary>
/// Maximal marginal relevance: a candidate's utility less <paramref name="Lambda"/> times its greatest similarity, 0 to 1, to what stands above it. Source: Carbonell and
/// Goldstein, "The use of MMR", SIGIR 1998; λ has the unit of the utilities here.
/// </summary>
/// <param name="Lambda">What a full likeness costs.</param>
/// <param name="By">The attribute whose equal values are alike; or, with <paramref name="Embedding"/>, a feature of the vectors whose cosine it is.</param>
/// <param name="Embedding">Whether <paramref name="By"/> names a feature rather than an attribute.</param>
public sealed record Diversity(double Lambda, string By, bool Embedding = false);
