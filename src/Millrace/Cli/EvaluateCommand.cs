using System.CommandLine;

namespace Millrace.Cli;

/// <summary><c>millrace evaluate</c>: what a policy would have earned, by what others logged.</summary>
internal static class EvaluateCommand
{
    public static Command Create(TimeProvider clock, TextWriter output)
    {
        var command = new Command("evaluate", """
            Says what a policy would have earned from a log that another one made, how sure that is, and whether the log knows the policy at all: pass (exit code 0),
            fail (1) or not-evaluable (10). docs/EVALUATION.md explains the estimators and how far to trust them.

            Examples:
              millrace evaluate --log ./data --config millrace.yaml --surface home --policy bolder
              millrace evaluate --log ./data --policy candidate.json --event value:dwell --gate "rips.low>=current"
              millrace evaluate obd ./obd --report out.json
              millrace evaluate dsjson events.json.gz --policy uniform --gate "dr.low>=current"
            """);
        command.Subcommands.Add(EvaluateObdCommand.Create(output));
        command.Subcommands.Add(EvaluateDsJsonCommand.Create(output));
        _ = new EvaluateJournal(command, clock, output);
        return command;
    }
}
