using System.CommandLine;

namespace Millrace.Cli;

/// <summary><c>millrace features</c>: what features were, from the journal alone.</summary>
internal static class FeatureCommands
{
    public static Command Create(TimeProvider clock, TextWriter output)
    {
        var command = new Command("features", """
            Answers from the journal what features were: by the code that serves, beside a running node too, changing nothing of it.

            Examples:
              millrace features build --from 2026-11-01 --to 2026-11-08 --out rows
              millrace features at item i17 --time 2026-11-30T08:00:00Z
              millrace features forget --rows rows
            """);
        command.Subcommands.Add(FeatureBuildCommand.Create(clock, output));
        command.Subcommands.Add(FeatureAtCommand.Create(clock, output));
        command.Subcommands.Add(FeatureForgetCommand.Create(clock, output));
        return command;
    }
}
