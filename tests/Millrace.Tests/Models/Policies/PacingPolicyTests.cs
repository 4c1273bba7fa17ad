using Millrace.Models.Policies;
using Millrace.Tests.Decisions;

namespace Millrace.Tests.Models.Policies;

public sealed class PacingPolicyTests
{
    private static readonly Pace Fair = new("provider", "acme", 0.1, 0.3, TimeSpan.FromHours(1));

    [Fact]
    public void Paces_are_canonical_text_and_back_and_a_policy_without_any_keeps_its_text()
    {
        Assert.DoesNotContain("pacing", PolicyJson.Write(DecisionHarness.Home), StringComparison.Ordinal);
        Policy policy = DecisionHarness.Home with { Pacing = [Fair, new Pace("topic", "sport", null, 0.5, TimeSpan.FromTicks(TimeSpan.TicksPerMinute + 1))] };
        string text = PolicyJson.Write(policy);
        Assert.Contains("""
            "pacing":[{"attribute":"provider","value":"acme","least":0.1,"most":0.3,"overSeconds":3600},{"attribute":"topic","value":"sport","most":0.5,"overSeconds":60.0000001}]
            """, text, StringComparison.Ordinal);
        Assert.Equal(policy.Pacing, PolicyJson.Read(text, policy.Version).Pacing);
        Assert.Equal(text, PolicyJson.Write(PolicyJson.Read(text, policy.Version)));
    }

    [Fact]
    public void Worths_of_boosts_are_canonical_text_and_back()
    {
        Policy policy = DecisionHarness.Home with { Boosts = ["b", "a"] };
        Assert.DoesNotContain("worths", PolicyJson.Write(policy), StringComparison.Ordinal);
        policy = policy with { Worths = policy.Worths.Add("b", 0.5).Add("a", -1) };
        string text = PolicyJson.Write(policy);
        Assert.Contains("""
            "boosts":["b","a"],"worths":{"a":-1,"b":0.5}
            """, text, StringComparison.Ordinal);
        Assert.Equal(policy.Worths, PolicyJson.Read(text, 1).Worths);
        Assert.Equal(["policies.home.boosts: expected a worth of what is boosted; got one of 'a'"], PolicyValidator.Faults(policy with { Boosts = ["b"] }, DecisionHarness.Set));
    }

    [Fact]
    public void Faults_name_the_field()
    {
        Assert.Empty(Faults(Fair, Fair with { Value = "other", Least = 0.9, Most = null }));
        Assert.Equal("pacing[0].least: expected at most most = 0.3; got 0.4", Assert.Single(Faults(Fair with { Least = 0.4 })));
        Assert.Equal("pacing[1].attribute: expected the name of an attribute; got nothing", Assert.Single(Faults(Fair, Fair with { Attribute = "" })));
        Assert.Equal("pacing[0].value: expected a value; got nothing", Assert.Single(Faults(Fair with { Value = "" })));
        Assert.Equal("pacing[0]: expected least, most or both; got neither", Assert.Single(Faults(Fair with { Least = null, Most = null })));
        Assert.Equal("pacing[0].most: expected 0 to 1; got 1.5", Assert.Single(Faults(Fair with { Most = 1.5 })));
        Assert.Equal("pacing[0].least: expected 0 to 1; got NaN", Assert.Single(Faults(Fair with { Least = double.NaN })));
        Assert.Equal("pacing[0].over: expected 00:01:00 to 30.00:00:00; got 00:00:59", Assert.Single(Faults(Fair with { Over = TimeSpan.FromSeconds(59) })));
        Assert.Equal("pacing[1]: expected each value of an attribute once; got provider=acme again", Assert.Single(Faults(Fair, Fair with { Over = TimeSpan.FromHours(2) })));
        Assert.Equal("pacing: expected at most 1 as the sum of least of provider; got 1.1", Assert.Single(Faults(Fair with { Most = null }, Fair with { Value = "b", Least = 1, Most = null })));
        Assert.Equal("pacing: expected at most 1 as the sum of least of kind; got 1.5", Assert.Single(Faults(new Pace("kind", "a", 0.75, null, Fair.Over), new Pace("kind", "b", 0.75, null, Fair.Over))));
        Assert.Empty(Faults(new Pace("topic", "a", 0.75, null, Fair.Over), new Pace("topic", "b", 0.75, null, Fair.Over)));
        Assert.Contains("pacing: expected at most 8 paces; got 9", Faults([.. Enumerable.Range(0, 9).Select(i => Fair with { Value = $"v{i}", Least = 0.01 })]));
    }

    private static string[] Faults(params Pace[] paces) =>
        [.. PolicyValidator.Faults(DecisionHarness.Home with { Pacing = [.. paces] }, DecisionHarness.Set).Select(fault => fault.Replace("policies.home.", "", StringComparison.Ordinal))];
}
