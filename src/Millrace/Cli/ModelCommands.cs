using System.CommandLine;
using System.Globalization;
using Millrace.Models.Trees;

namespace Millrace.Cli;

/// <summary><c>millrace model</c>: says what is in a model file, and scores rows by it.</summary>
internal static class ModelCommands
{
    private const int MostShown = 20;

    public static Command Create(TextWriter output)
    {
        var command = new Command("model", """
            Looks into model files: gradient-boosted trees that LightGBM saved as text or XGBoost as JSON.

            Examples:
              millrace model describe click.txt
              millrace model score click.txt rows.csv
            """);
        command.Subcommands.Add(Describe(output));
        command.Subcommands.Add(Score(output));
        return command;
    }

    private static Command Describe(TextWriter output)
    {
        var command = new Command("describe", """
            Says what a model file holds, or what is wrong with it.

            Example:
              millrace model describe click.txt
            """);
        Argument<string> file = FileArgument();
        command.Arguments.Add(file);
        command.SetAction((parsed, _) => CommandGuard.RunAsync(
            async () =>
            {
                foreach (string line in Lines(ForestFile.Read(parsed.GetValue(file)!))) await output.WriteLineAsync(line);
                return ExitCode.Ok;
            },
            parsed));
        return command;
    }

    private static Command Score(TextWriter output)
    {
        var command = new Command("score", """
            Scores the rows of a CSV file, whose first line names the features; an empty field is a missing value. Prints CSV: a score per class, and with --explain
            what each feature added to the raw score and the base value that they start from.

            Examples:
              millrace model score click.txt rows.csv
              millrace model score click.txt rows.csv --raw --explain
            """);
        Argument<string> file = FileArgument();
        var rows = new Argument<string>("rows") { Description = "A CSV file without quotes." };
        var raw = new Option<bool>("--raw") { Description = "Raw scores instead of what the objective predicts." };
        var explain = new Option<bool>("--explain") { Description = "Adds the contributions of features (TreeSHAP)." };
        command.Arguments.Add(file);
        command.Arguments.Add(rows);
        command.Options.Add(raw);
        command.Options.Add(explain);
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(
            async () =>
            {
                var scoring = new ModelScoring(ForestFile.Read(parsed.GetValue(file)!), parsed.GetValue(raw), parsed.GetValue(explain));
                await scoring.RunAsync(parsed.GetValue(rows)!, output, cancellation);
                return ExitCode.Ok;
            },
            parsed));
        return command;
    }

    private static Argument<string> FileArgument() => new("file") { Description = "The model: LightGBM's text (.txt) or XGBoost's JSON (.json)." };

    private static IEnumerable<string> Lines(Forest forest)
    {
        int[] leaves = [.. forest.Trees.Select(static tree => tree.Leaves.Length).Order()];
        yield return $"from        {forest.Source}";
        yield return $"objective   {(forest.Objective.Length == 0 ? "none" : forest.Objective)} (predicts {forest.Transform.Kind.ToString().ToLowerInvariant()})";
        yield return $"classes     {forest.Classes}";
        yield return $"trees       {forest.Trees.Length}";
        if (leaves.Length == 0) yield break;
        yield return $"leaves      {leaves[0]} to {leaves[^1]} a tree, {leaves.Sum(static count => (long)count)} in all";
        yield return $"depth       {forest.Trees.Max(static tree => tree.Depth)}";
        var splits = forest.Trees.SelectMany(static tree => tree.Nodes).GroupBy(static node => node.Feature).OrderByDescending(static group => group.Count()).ThenBy(static group => group.Key).ToArray();
        yield return $"features    {forest.Features.Length}, of which splits read {splits.Length}";
        foreach (var group in splits.Take(MostShown)) yield return string.Create(CultureInfo.InvariantCulture, $"  {forest.Features[group.Key],-30} {group.Count(),7} splits");
        if (splits.Length > MostShown) yield return $"  and {splits.Length - MostShown} more";
    }
}
