using System.CommandLine;
using Millrace.Evaluate;
using Millrace.Learning.Evaluation.Logs;

namespace Millrace.Cli;

/// <summary><c>millrace evaluate obd</c>: both directions of the Open Bandit dataset.</summary>
internal static class EvaluateObdCommand
{
    public static Command Create(TextWriter output)
    {
        var command = new Command("obd", """
            Judges each policy of the Open Bandit dataset by the other's log: the folder has random/ and bts/, each with its CSV of impressions, and bts_policy.json.

            Examples:
              millrace evaluate obd ./obd-men --report out.json
            """);
        var folder = new Argument<string>("folder") { Description = "With random/, bts/ and bts_policy.json." };
        command.Arguments.Add(folder);
        var options = new EvaluateOptions().AddTo(command);
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(
            () =>
            {
                var bounds = options.Bounds(parsed);
                var run = new OpenBanditEvaluation(parsed.GetValue(folder)!, options.Estimation(parsed), bounds);
                var report = new EvaluationReport([.. run.Run(options.Gates(parsed), cancellation)], bounds);
                return options.TellAsync(parsed, output, report, run.Bad, cancellation);
            },
            parsed));
        return command;
    }
}
