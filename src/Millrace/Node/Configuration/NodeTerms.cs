using System.Collections.Immutable;
using Millrace.Flywheel;

namespace Millrace.Node.Configuration;

/// <summary>The terms from outside that each node has.</summary>
internal static class NodeTerms
{
    public static ImmutableArray<string> Names { get; } = [CacheToCost.TermName];
}
