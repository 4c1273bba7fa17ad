namespace Millrace.Models.Policies;

/// <summary>The windows that policies want popular lists of: what a feature set must be built with.</summary>
public static class PolicyWindows
{
    /// <summary>Distinct, ascending.</summary>
    public static IReadOnlyList<TimeSpan> Of(IEnumerable<Policy> policies) =>
        [.. policies.SelectMany(policy => policy.Candidates).Select(source => source.Window).OfType<TimeSpan>().Distinct().Order()];
}
