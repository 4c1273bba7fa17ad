using System.CommandLine;
using System.Globalization;
using Millrace.Learning.Training;
using Millrace.Learning.Training.LightGbm;
using Millrace.WorldRuns;

namespace Millrace.Cli;

/// <summary><c>millrace world bias</c>: what models lose that take clicks at their word, and what the remedies leave of it.</summary>
internal static class WorldBiasCommand
{
    public static Command Create(TextWriter output)
    {
        var command = new Command("bias", """
            Trains models on logs whose truth is known. In one, an old policy's fancy decides who is looked at: says which share of the reward each remedy against position bias loses, and how
            far examination is estimated wrong. In the other, bodies of new items arrive later: says how much of the exposure that a naive model takes from them the corrected one gives back.

            Example:
              millrace world bias --seeds 10 --report bias.json
            """);
        var seeds = Number("--seeds", "How many worlds of each kind, with seeds from --first-seed on.", 10, 1, 10_000);
        var first = Number("--first-seed", "The first seed.", 1, 0, 1_000_000_000);
        var decisions = Number("--decisions", "Of each log.", 100_000, 100, 10_000_000);
        var trees = Number("--trees", "Of each model.", 100, 1, 10_000);
        var report = new Option<string?>("--report") { Description = "Takes all that was found, seed by seed, as JSON.", HelpName = "FILE" };
        foreach (Option option in (Option[])[seeds, first, decisions, trees, report])
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(async () =>
        {
            if (LightGbmLibrary.Absence is { } absence)
            {
                throw new TrainingException($"training needs LightGBM's library: {absence}");
            }

            var (error, count) = (parsed.InvocationConfiguration.Error, parsed.GetValue(seeds));
            ulong[] all = [.. Enumerable.Range(parsed.GetValue(first), count).Select(seed => (ulong)seed)];
            var found = await Task.Run(() => BiasReport.RunAsync(
                all, parsed.GetValue(decisions), parsed.GetValue(trees), Judged, done => error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{done} of {count} seeds")), cancellation), CancellationToken.None);
            if (parsed.GetValue(report) is { } path)
            {
                await File.WriteAllTextAsync(path + ".part", found.ToJson(), cancellation);
                File.Move(path + ".part", path, overwrite: true);
            }

            await output.WriteAsync(found.ToText());
            return ExitCode.Ok;
        }, parsed));
        return command;
    }

    private const int Judged = 20_000;

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
