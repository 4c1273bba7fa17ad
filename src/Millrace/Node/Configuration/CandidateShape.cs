using Millrace.Models.Policies;

namespace Millrace.Node.Configuration;

/// <summary>Where a policy's candidates come from, and which may be shown.</summary>
internal static class CandidateShape
{
    public static IEnumerable<Field> Settings() =>
    [
        new("candidates", new ListShape("a list of candidate sources", Candidate(), 1, 16), "Where candidates come from, in order."),
    ];

    public static Policy Bind(BoundObject policy, Policy into) => into with { Candidates = [.. policy["candidates"].Items.Select(c => Candidate(c.Object!))] };

    private static ObjectShape Candidate() => new("a source like {popular: 1h, take: 100}, {recent: true, take: 50} or {similar: true, take: 50}",
    [
        new("popular", Scalars.Duration(TimeSpan.FromMinutes(1), TimeSpan.FromDays(90)), "Most clicked within this window."),
        new("recent", Scalars.OneOf("true"), "Most recently published."),
        new("similar", Scalars.OneOf("true"), "Clicked in the same sessions."),
        new("take", Scalars.Integer(1, PolicyValidator.MostCandidates), "At most so many candidates.", "100", "a slate of ten needs no more to choose from"),
    ]);

    private static CandidateSource Candidate(BoundObject source)
    {
        var take = source.Get<int>("take");
        return source.Find<TimeSpan>("popular") is { } window ? new CandidateSource(CandidateSourceKind.Popular, take, window)
            : source["recent"].Value is not null ? new CandidateSource(CandidateSourceKind.Recent, take)
            : new CandidateSource(CandidateSourceKind.Similar, take);
    }
}
