using Millrace.Models.Policies;

namespace Millrace.Tests.Models.Policies;

public sealed class CandidateJsonTests
{
    [Fact]
    public void A_policy_without_what_is_new_keeps_the_text_of_earlier_releases()
    {
        var policy = new Policy { Name = "home", Candidates = [new CandidateSource(CandidateSourceKind.Popular, 30, TimeSpan.FromHours(1)), new CandidateSource(CandidateSourceKind.Similar, 9)] };
        Assert.StartsWith(
            """{"name":"home","candidates":[{"kind":"Popular","take":30,"windowSeconds":3600},{"kind":"Similar","take":9}],"blend":""", PolicyJson.Write(policy), StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_is_said_of_candidates_is_read_as_it_was_written()
    {
        var policy = new Policy
        {
            Name = "home",
            Pool = 200,
            Candidates =
            [
                new CandidateSource(CandidateSourceKind.Popular, 30, TimeSpan.FromHours(1)) { Segment = true, Weight = -0.25, Deadline = TimeSpan.FromMilliseconds(2.5) },
                new CandidateSource(CandidateSourceKind.New, 9, TimeSpan.FromDays(1)) { Feature = "shown" },
                new CandidateSource(CandidateSourceKind.Neighbours, 9) { Feature = "near" },
            ],
            Filters =
            [
                new ValueFilter("market", ["BR", "PT"]), new ValueFilter("market", ["X"], Without: true), new ContextFilter("language", "lang"), new ContextFilter("rights", "country", OrAny: false),
                new NumberFilter("stock", 1, null), new NumberFilter("price", null, 9.5), new NumberFilter("size", 1, 2), new AgeFilter(TimeSpan.FromDays(30)), new PastFilter("hidden"),
            ],
            Boosts = ["a", "b"],
        };
        string text = PolicyJson.Write(policy);
        Policy read = PolicyJson.Read(text, 1);
        Assert.Equal(text, PolicyJson.Write(read));
        Assert.Equal(policy.Candidates, read.Candidates);
        Assert.Equal(policy.Filters.Length, read.Filters.Length);
        Assert.Equal(policy.Filters.Skip(2), read.Filters.Skip(2));
    }
}
