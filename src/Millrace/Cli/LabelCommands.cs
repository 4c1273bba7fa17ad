using System.CommandLine;

namespace Millrace.Cli;

/// <summary><c>millrace labels</c>: what came of decisions.</summary>
internal static class LabelCommands
{
    public static Command Create(TimeProvider clock, TextWriter output)
    {
        var command = new Command("labels", """
            Says from the journal what came of decisions: the labels that models learn.

            Example:
              millrace labels build --from 2026-11-01 --to 2026-11-08 --out labels
            """);
        command.Subcommands.Add(LabelBuildCommand.Create(clock, output));
        return command;
    }
}
