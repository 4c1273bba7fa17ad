using System.Collections.Immutable;
using Millrace.Journal;

namespace Millrace.Decisions.Candidates;

/// <summary>What a filter knows of the request.</summary>
/// <param name="Now">When it is decided.</param>
/// <param name="Context">What the request says of itself.</param>
internal readonly record struct FilterInputs(UnixMicros Now, ImmutableSortedDictionary<string, string> Context);
