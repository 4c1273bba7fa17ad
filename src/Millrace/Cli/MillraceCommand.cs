using System.CommandLine;
using System.CommandLine.Invocation;

namespace Millrace.Cli;

/// <summary>The root command.</summary>
internal static class MillraceCommand
{
    public static RootCommand Create(TimeProvider clock, TextWriter output)
    {
        var root = new RootCommand("""
            Millrace: a distributed content delivery system that learns what to deliver.

            Examples:
              millrace demo               a node, an origin and an audience on this machine: watch it learn
              millrace up                 runs a node with ./millrace.yaml, or with defaults
              millrace validate           checks the configuration and prints all its faults
              millrace doctor             says whether a node would run well here

            Exit codes: 0 ok, 1 failure, 2 usage, 3 configuration invalid, 4 data directory locked, 5 journal corrupt, 6 port in use,
            7 data directory unusable, 8 a check of doctor failed, 9 drain cut short, 10 not evaluable.
            """);
        root.Subcommands.Add(DemoCommand.Create(clock, output));
        root.Subcommands.Add(UpCommand.Create(clock, output));
        root.Subcommands.Add(ValidateCommand.Create(output));
        root.Subcommands.Add(DoctorCommand.Create(clock, output));
        root.Subcommands.Add(BacktestCommands.Create(clock, output));
        root.Subcommands.Add(WorldCommand.Create(clock, output));
        root.Subcommands.Add(ParetoCommand.Create(clock, output));
        root.Subcommands.Add(EvaluateCommand.Create(clock, output));
        root.Subcommands.Add(TrainCommand.Create(clock, output));
        root.Subcommands.Add(CacheSimCommand.Create(clock, output));
        root.Subcommands.Add(FeatureCommands.Create(clock, output));
        root.Subcommands.Add(LabelCommands.Create(clock, output));
        root.Subcommands.Add(ModelCommands.Create(output));
        root.Subcommands.Add(JournalCommands.Create());
        root.Subcommands.Add(KeyCommands.Create(clock, output));
        root.Subcommands.Add(CacheCommands.Create(output));
        root.Subcommands.Add(SignUrlCommand.Create(clock, output));
        root.Subcommands.Add(ConfigCommands.CreateConfig(output));
        root.Subcommands.Add(ConfigCommands.CreateSchema(output));
        return root;
    }

    /// <summary>Runs a command line.</summary>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] arguments, TimeProvider clock, TextWriter output, TextWriter error)
    {
        var parsed = Create(clock, output).Parse(arguments);

        // What is wrong, without a page of help behind it: --help is a word away.
        if (parsed.Action is ParseErrorAction faulty)
        {
            (faulty.ShowHelp, faulty.ShowTypoCorrections) = (false, true);
        }

        // The node takes the signals itself: a drain takes longer than the two seconds that the library would grant.
        var configuration = new InvocationConfiguration { Output = output, Error = error, ProcessTerminationTimeout = null };
        var code = await parsed.InvokeAsync(configuration);
        return parsed.Errors.Count > 0 ? (int)ExitCode.Usage : code;
    }
}
