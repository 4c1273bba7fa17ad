using System.IO.Compression;
using System.Text;
using Millrace.Learning.Evaluation.Logs;
using Millrace.Learning.Evaluation.OffPolicy;

namespace Millrace.Tests.Learning.Evaluation;

/// <summary>What a line of decision-service JSON says, and which lines say nothing.</summary>
public sealed class DsJsonLogTests : IDisposable
{
    private const string Good = """{"_label_cost":-1,"_label_probability":0.6,"_label_Action":2,"_labelIndex":1,"a":[2,1],"p":[0.6,0.4],"c":{"user":{"age":3},"_multi":[{"_tag":"sports"},{"id":"politics"}]},"VWState":{"m":"x"}}""";

    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_line_is_a_choice_with_the_action_that_was_taken_first()
    {
        var choice = Assert.Single(Read(Good).Choices);
        Assert.Equal((0, 0.6, 1.0), (choice.Taken, choice.Propensity, choice.Reward));
        Assert.Equal([DsJsonLog.Key("politics"), DsJsonLog.Key("sports")], choice.Actions);
        Assert.Equal([0.6, 0.4], choice.Logged!);
    }

    [Theory]
    [InlineData("{", "not JSON")]
    [InlineData("[]", "not an event")]
    [InlineData("{\"RewardValue\":1}", "without a label")]
    [InlineData("{\"_label_cost\":-1,\"_skipLearn\":true,\"a\":[1],\"p\":[1]}", "not to be learnt from")]
    [InlineData("{\"_label_cost\":-1,\"pdrop\":0.5,\"a\":[1],\"p\":[1]}", "others of its kind were dropped")]
    [InlineData("{\"_label_cost\":-1}", "without actions or probabilities")]
    [InlineData("{\"_label_cost\":-1,\"a\":[1,2],\"p\":[0.7,0.7]}", "no choice")]
    [InlineData("{\"_label_cost\":-1,\"_label_probability\":0.2,\"a\":[1,2],\"p\":[0.7,0.3]}", "two propensities")]
    [InlineData("{\"_label_cost\":\"x\",\"a\":[1],\"p\":[1]}", "not what dsjson has")]
    [InlineData("{\"_label_cost\":-1,\"_outcomes\":[]}", "one cost for all slots")]
    public void A_line_that_is_no_choice_is_named_and_the_next_is_read(string line, string reason)
    {
        var (choices, bad) = Read(line, Good);
        Assert.Single(choices);
        Assert.Equal((1L, 1L), bad.ByReason[reason]);
    }

    [Fact]
    public void A_reward_beyond_what_was_declared_is_refused_since_to_leave_it_out_would_choose_by_outcome() =>
        Assert.Contains("line 1: expected a reward of 0 to 1, got 3", Assert.Throws<InvalidDataException>(() => Read("{\"_label_cost\":-3,\"a\":[1],\"p\":[1]}", Good)).Message, StringComparison.Ordinal);

    [Fact]
    public void Slots_with_costs_of_their_own_are_choices_of_their_own()
    {
        var (choices, bad) = Read("""{"c":{"_multi":[{"b":1},{"b":2},{"b":3}],"_slots":[{},{}]},"_outcomes":[{"_label_cost":-1,"_a":[2,0,1],"_p":[0.5,0.25,0.25]},{"_label_cost":0,"_a":[0,1],"_p":[0.5,0.5]}]}""");
        Assert.Equal(0, bad.Count);
        Assert.Equal([(1UL, 3, 1.0), (2UL, 2, 0.0)], choices.Select(static choice => (choice.Context, choice.Actions.Length, choice.Reward)));
        Assert.Equal(choices[0].Person, choices[1].Person);
        Assert.Equal(choices[0].Actions[1], choices[1].Actions[0]);
    }

    [Fact]
    public void A_gzipped_log_reads_alike()
    {
        using (var zip = new GZipStream(File.Create(_path), CompressionLevel.Fastest))
        {
            zip.Write(Encoding.UTF8.GetBytes(Good + "\r\n"));
        }

        Assert.Single(new DsJsonLog(_path, 0, 1).Read(new BadLines()));
    }

    [Fact]
    public void The_policy_that_logged_is_worth_what_was_logged()
    {
        // Action 2 is logged with 0.6 and always brings 1, action 1 never: the table is the policy that logged, so every weight is 1.
        const string Other = """{"_label_cost":0,"a":[1,2],"p":[0.4,0.6],"c":{"_multi":[{"_tag":"sports"},{"id":"politics"}]}}""";
        File.WriteAllLines(_path, Enumerable.Range(0, 1_000).Select(static i => i % 5 < 3 ? Good : Other));
        var table = new TableTarget(new Dictionary<(ulong, ulong), double> { [(0, DsJsonLog.Key("politics"))] = 0.6, [(0, DsJsonLog.Key("sports"))] = 0.4 });
        var found = Evaluate(table);
        Assert.Equal(Verdict.Pass, found.Verdict);
        Assert.Equal(1_000, found.Overlap.Effective, 1e-6);
        Assert.All(found.Estimates.Where(static estimate => estimate.Name is not (EstimatorNames.Dm or EstimatorNames.Dros)), static estimate => Assert.Equal(0.6, estimate.Value, 0.01));
    }

    [Fact]
    public void What_is_fitted_is_judged_by_the_second_half_alone()
    {
        const string Other = """{"_label_cost":0,"a":[1,2],"p":[0.4,0.6],"c":{"_multi":[{"_tag":"sports"},{"id":"politics"}]}}""";
        File.WriteAllLines(_path, Enumerable.Range(0, 1_000).Select(static i => i % 5 < 3 ? Good : Other));
        var found = Evaluate(new FittedTarget(byContext: true));
        Assert.Equal(500, found.Overlap.Decisions);
        Assert.Equal(1, found.Estimates.Single(static estimate => estimate.Name == EstimatorNames.Snips).Value, 1e-9);
    }

    private Millrace.Learning.Evaluation.OffPolicy.Evaluation Evaluate(ITargetPolicy target) =>
        new ChoiceEvaluation { Read = () => new DsJsonLog(_path, 0, 1).Read(new BadLines()), Target = target, Options = new EstimationOptions { Replicates = 50 } }.Run(TestContext.Current.CancellationToken);

    private (Choice[] Choices, BadLines Bad) Read(params string[] lines)
    {
        File.WriteAllLines(_path, lines);
        var bad = new BadLines();
        return ([.. new DsJsonLog(_path, 0, 1).Read(bad)], bad);
    }
}
