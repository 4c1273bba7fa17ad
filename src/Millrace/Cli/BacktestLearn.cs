using System.Collections.Immutable;
using System.CommandLine;
using Millrace.Backtest.Learnt;
using Millrace.Node.Configuration;

namespace Millrace.Cli;

/// <summary>The options of <c>millrace backtest --learn</c>.</summary>
internal static class BacktestLearn
{
    private const string Never = "none";

    private static readonly Option<bool> Learn = new("--learn")
    {
        Description = "Ranks by models that are trained during the replay, beside V-SkNN, STAN and the rankings that are not learnt, all on the same clicks.",
    };

    private static readonly Option<int> Every = Whole("--learn-every", "With --learn: scores, and learns from, every so manyth click that would be scored.", 16);
    private static readonly Option<int> Window = Whole("--learn-window", "With --learn: a training reads the last so many of those.", 8_000);
    private static readonly Option<string> Retrain = Intervals();
    private static readonly Option<bool> Ablations = new("--learn-ablations") { Description = "With --learn: also trains daily without each group of columns, and by another loss." };

    public static ImmutableArray<Option> Options { get; } = [Learn, Every, Window, Retrain, Ablations];

    /// <summary>What is to be learnt; null for nothing.</summary>
    public static LearntOptions? Asked(ParseResult parsed)
    {
        if (!parsed.GetValue(Learn))
        {
            return null;
        }

        var schedules = LearntOptions.Schedules(parsed.GetValue(Retrain)!.Split(',').Select(static part => Interval(part)));
        return new LearntOptions
        {
            Every = parsed.GetValue(Every),
            Window = parsed.GetValue(Window),
            Variants = parsed.GetValue(Ablations) ? [.. schedules, .. LearntOptions.Ablations] : schedules,
        };
    }

    private static TimeSpan? Interval(string text) => text == Never ? null : Quantities.ParseDuration(text);

    private static Option<int> Whole(string name, string description, int usual)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual, HelpName = "CLICKS" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is not (>= 1 and <= 1_000_000))
            {
                result.AddError($"{name}: expected 1 to 1000000 clicks.");
            }
        });
        return option;
    }

    private static Option<string> Intervals()
    {
        var option = new Option<string>("--retrain")
        {
            Description = "With --learn: how often models are trained again, one model for each; none trains once, when scoring begins.",
            DefaultValueFactory = _ => "none,24h,4h,1h",
            HelpName = "TIMES",
        };
        option.Validators.Add(result =>
        {
            foreach (var part in result.GetValueOrDefault<string>().Split(','))
            {
                if (part != Never && Quantities.ParseDuration(part) is not { Ticks: > 0 }) result.AddError($"--retrain: expected times such as none,24h,4h; got '{part}'.");
            }
        });
        return option;
    }
}
