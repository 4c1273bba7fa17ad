using System.Collections.Immutable;

namespace Millrace.Learning.Training.Search;

/// <summary>One training of a search.</summary>
/// <param name="Number">Which draw of parameters; 0 is what was given, undrawn.</param>
/// <param name="Rounds">The most trees that it might take.</param>
/// <param name="Parameters">What was drawn.</param>
/// <param name="Value">The metric on the slice that stops, at its best.</param>
/// <param name="Best">After how many trees that was.</param>
internal sealed record Trial(int Number, int Rounds, ImmutableSortedDictionary<string, string> Parameters, double Value, int Best);
