using System.CommandLine;
using Millrace.Learning.Training.Factorisation;
using Millrace.MovieLens;

namespace Millrace.Cli;

/// <summary><c>millrace backtest ml-100k</c>: rankings of MovieLens 100K's full catalogue, under the literature's protocols.</summary>
internal static class MovieLensCommand
{
    /// <param name="report">The option that names the report's file.</param>
    /// <param name="seed">The option that seeds.</param>
    /// <param name="output">Where results go.</param>
    public static Command Create(Option<string?> report, Option<ulong> seed, TextWriter output)
    {
        var command = new Command("ml-100k", """
            Ranks MovieLens 100K's whole catalogue for every user: RecBole's protocol (random 80/10/10 by user), leave-last-out and ua. Factors (iALS) beside EASE and popularity;
            hyper-parameters by the validation part alone. Reports quality by gender and age group, coverage and popularity bias, with intervals by users. Of backtest's options it takes
            --report and --seed.

            Example:
              millrace backtest ml-100k ../shared/data/ml-100k --report out.json --embeddings factors.ndjson
            """);
        var folder = new Argument<string>("folder") { Description = "The folder with u.data, u.item and u.user, and perhaps ua.base and ua.test." };
        var embeddings = new Option<string?>("--embeddings") { Description = "Trains the chosen factors on all ratings and writes them to this file.", HelpName = "FILE" };
        command.Arguments.Add(folder);
        command.Options.Add(embeddings);
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(async () =>
        {
            var error = parsed.InvocationConfiguration.Error;
            var data = MovieLensData.Load(parsed.GetValue(folder)!);
            var run = new MovieLensRun(data, parsed.GetValue(seed), error.WriteLine);
            var found = run.Run(cancellation);
            await output.WriteAsync(found.ToText());
            if (parsed.GetValue(report) is { } path)
            {
                await File.WriteAllTextAsync(path, found.ToJson(), cancellation);
            }

            if (parsed.GetValue(embeddings) is { } to)
            {
                var (factors, options) = run.Embed(found, cancellation);
                await FactorFile.WriteAsync(to, factors, data.Users, data.Items, options, cancellation);
            }

            return ExitCode.Ok;
        }, parsed));
        return command;
    }
}
