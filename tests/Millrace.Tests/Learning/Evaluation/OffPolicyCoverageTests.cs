using Millrace.Bench.OffPolicy;

namespace Millrace.Tests.Learning.Evaluation;

/// <summary>
/// In worlds whose truth is known: what intervals cover. The bench does 2,000 seeds (docs/results/evaluation.md); with the 150 of here a coverage of 95 % is 91 % or more in 99 runs of 100, so a test of fixed seeds that asks for
/// 90 % sees an interval that is too narrow by a fifth.
/// </summary>
public sealed class OffPolicyCoverageTests
{
    private const int Seeds = 150;

    [Fact]
    public void Intervals_of_single_actions_cover_and_the_model_alone_does_not()
    {
        var tallies = OffPolicyBench.Actions(Seeds, 1_500, 200).Tallies;
        string[] judged = ["ips", "snips", "dr", "sndr", "clippedIps", "switchDr"];
        Assert.All(judged, name => Assert.InRange(tallies[name].Studentised, 0.9 * Seeds, Seeds));
        Assert.All((string[])["ips", "dr"], name => Assert.InRange(tallies[name].Anytime, 0.95 * Seeds, Seeds));
        Assert.InRange(tallies["dr"].Error / Seeds, -0.015, 0.015);
        Assert.True(tallies["dm"].Error / Seeds < -0.03, "the direct method leans to the mean");
        Assert.True(tallies["dm"].Studentised < 0.5 * Seeds, "its interval knows nothing of its bias");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Intervals_of_slates_cover_where_their_assumption_holds(bool cascade)
    {
        var tallies = OffPolicyBench.Slates(cascade, Seeds, 1_500, 200).Tallies;
        string[] right = ["sips", "rips", "snsips", "snrips", "cascadeDr", .. cascade ? [] : (string[])["iips", "sniips"]];
        Assert.All(right, name => Assert.InRange(tallies[name].Studentised, 0.9 * Seeds, Seeds));
        Assert.All((string[])["sips", "rips"], name => Assert.InRange(tallies[name].Anytime, 0.95 * Seeds, Seeds));
        Assert.Equal(cascade, tallies["iips"].Error / Seeds > 0.008);
    }
}
