using System.CommandLine;
using System.Globalization;
using Millrace.Evaluate;
using Millrace.Learning.Evaluation.Logs;
using Millrace.Learning.Evaluation.OffPolicy;
using Millrace.Node;

namespace Millrace.Cli;

/// <summary><c>millrace evaluate dsjson</c>: policies by a log of Vowpal Wabbit's.</summary>
internal static class EvaluateDsJsonCommand
{
    public static Command Create(TextWriter output)
    {
        var command = new Command("dsjson", """
            Judges a policy by a log of decision-service JSON, as Vowpal Wabbit writes and reads it. A reward is −cost. What is fitted is fitted on the first half and judged
            by the second.

            Examples:
              millrace evaluate dsjson events.json --policy uniform
              millrace evaluate dsjson events.json.gz --policy greedy-by-mean --gate "dr.low>=current"
              millrace evaluate dsjson events.json --policy probabilities.csv       (lines of action,probability)
            """);
        var file = new Argument<string>("file") { Description = "A line per event, gzipped or not." };
        var policy = new Option<string>("--policy") { Description = "uniform, best-constant, greedy-by-mean, or a file of probabilities: CSV, or JSON by action.", HelpName = "NAME|FILE", DefaultValueFactory = _ => "uniform" };
        var rewards = new Option<string>("--rewards") { Description = "The least and the most reward there can be; an event beyond them is refused.", HelpName = "LOW,HIGH", DefaultValueFactory = _ => "0,1" };
        command.Arguments.Add(file);
        command.Options.Add(policy);
        command.Options.Add(rewards);
        var options = new EvaluateOptions().AddTo(command);
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(
            () =>
            {
                var (least, most) = Ends(parsed.GetValue(rewards)!);
                var name = parsed.GetValue(policy)!;
                var log = new DsJsonLog(parsed.GetValue(file)!, least, most);
                var (bad, bounds) = (new BadLines(), options.Bounds(parsed));
                var first = true;
                var evaluation = new ChoiceEvaluation
                {
                    Read = () => log.Read(Interlocked.Exchange(ref first, false) ? bad : new BadLines()),
                    Target = Target(name),
                    Options = options.Estimation(parsed) with { LeastReward = least, MostReward = most },
                    LeftOut = () => bad.ByReason.Where(static one => one.Key is not (DsJsonLog.NotLearnt or DsJsonLog.Unlabelled)).Sum(static one => one.Value.Count),
                    Gates = options.Gates(parsed),
                    Bounds = bounds,
                };
                return options.TellAsync(parsed, output, new EvaluationReport([(name, Run(evaluation, bad, cancellation))], bounds), bad, cancellation);
            },
            parsed));
        return command;
    }

    private static Evaluation Run(ChoiceEvaluation evaluation, BadLines bad, CancellationToken cancellation)
    {
        try
        {
            return evaluation.Run(cancellation);
        }
        catch (InvalidDataException nothing) when (bad.Count > 0)
        {
            throw new InvalidDataException($"{nothing.Message}\n{EvaluationText.Of(bad).TrimEnd()}", nothing);
        }
    }

    private static ITargetPolicy Target(string name) => name switch
    {
        "uniform" => new UniformTarget(),
        "best-constant" => new FittedTarget(byContext: false),
        "greedy-by-mean" => new FittedTarget(byContext: true),
        _ when File.Exists(name) => TargetFile.Read(name),
        _ => throw new NodeStartException(ExitCode.Usage, $"--policy: expected uniform, best-constant, greedy-by-mean or a file; got '{name}'"),
    };

    private static (double Least, double Most) Ends(string text) =>
        text.Split(',') is [var low, var high] && double.TryParse(low, NumberStyles.Float, CultureInfo.InvariantCulture, out var least)
        && double.TryParse(high, NumberStyles.Float, CultureInfo.InvariantCulture, out var most) && least < most && double.IsFinite(most - least)
            ? (least, most)
            : throw new NodeStartException(ExitCode.Usage, $"--rewards: expected two numbers like 0,1; got '{text}'");
}
