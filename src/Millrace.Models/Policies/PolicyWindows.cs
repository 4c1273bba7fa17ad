using Millrace.Features.Definitions;

namespace Millrace.Models.Policies;

/// <summary>The windows that policies want lists of: what a feature set must be built with.</summary>
public static class PolicyWindows
{
    /// <summary>All that the sources of <paramref name="policies"/> read beside features; windows distinct and ascending.</summary>
    public static SourceWindows Of(IEnumerable<Policy> policies)
    {
        CandidateSource[] sources = [.. policies.SelectMany(policy => policy.Candidates).Where(source => source.Window is not null)];
        return new SourceWindows
        {
            Popular = [.. sources.SelectMany(PopularOf).Distinct().Order()],
            Segments = [.. sources.Where(source => source is { Kind: CandidateSourceKind.Popular, Segment: true }).Select(source => source.Window!.Value).Distinct().Order()],
            History = sources.Where(source => source.Kind == CandidateSourceKind.AlsoLiked).Max(source => source.Window),
        };
    }

    private static IEnumerable<TimeSpan> PopularOf(CandidateSource source) => source.Kind switch
    {
        CandidateSourceKind.Popular when !source.Segment => [source.Window!.Value],
        CandidateSourceKind.Trending => [source.Window!.Value, 2 * source.Window!.Value],
        CandidateSourceKind.Affinity => [source.Window!.Value],
        _ => [],
    };
}
