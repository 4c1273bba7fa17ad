using System.CommandLine;
using Millrace.WorldRuns;

namespace Millrace.Cli;

/// <summary><c>millrace world fairness</c>: one of two equal providers is starved; what a pace restores, and what it costs.</summary>
internal static class WorldFairnessCommand
{
    public static Command Create(TextWriter output)
    {
        var command = new Command("fairness", """
            Two providers publish items of equal quality, one of them later, and a policy that ranks by clicks starves it. Says what the starved provider's share of exposure is
            then, whether the gate on parity catches it, what learning and what a pace on the places restore, and the pace's price in clicks.

            Example:
              millrace world fairness --seeds 20
            """);
        var seeds = Number("--seeds", "How many worlds, with seeds from 1 on.", 20, 2, 10_000);
        var views = Number("--views", "Views of each run.", 8_000, 4_000, 100_000_000);
        var parallel = Number("--parallel", "Runs at a time; default: the processors.", Environment.ProcessorCount, 1, 1024);
        foreach (Option option in (Option[])[seeds, views, parallel])
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(async () =>
        {
            ulong[] all = [.. Enumerable.Range(1, parsed.GetValue(seeds)).Select(seed => (ulong)seed)];
            await output.WriteAsync(FairnessReport.Run(all, parsed.GetValue(views), parsed.GetValue(parallel), cancellation).ToText());
            return ExitCode.Ok;
        }, parsed));
        return command;
    }

    private static Option<int> Number(string name, string description, int usual, int least, int most)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual, HelpName = "N" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is var value && (value < least || value > most))
            {
                result.AddError($"{name}: expected {least} to {most}.");
            }
        });
        return option;
    }
}
