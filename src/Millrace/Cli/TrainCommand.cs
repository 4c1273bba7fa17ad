using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Millrace.Learning.Training;
using Millrace.Learning.Training.Search;
using Millrace.Models.Trees;
using Millrace.Node;
using Millrace.Node.Configuration;
using Millrace.Train;

namespace Millrace.Cli;

/// <summary><c>millrace train</c>: a model from training rows and labels, or from a plain file.</summary>
internal sealed class TrainCommand
{
    private readonly Argument<string?> _surface = new("surface") { Description = "Learns from decisions of this surface. Default: of all.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string> _into = new("--out", "-o") { Description = "The directory that takes model.txt, calibration.json and report.json. An interrupted training goes on there.", HelpName = "DIR", Required = true };
    private readonly Option<string> _objective = new("--objective") { Description = "binary, lambdarank, regression or another of LightGBM's with one score per row.", DefaultValueFactory = _ => "binary" };
    private readonly Option<int> _rounds = new("--rounds") { Description = "The most trees.", HelpName = "N", DefaultValueFactory = _ => 500 };
    private readonly Option<int> _stop = new("--early-stopping") { Description = "Stops when the metric was not better for so many trees; 0 for never.", HelpName = "N", DefaultValueFactory = _ => 30 };
    private readonly Option<string?> _metric = new("--metric") { Description = "The metric that stops, as LightGBM names it: binary_logloss, auc, ndcg@3. Default: the objective's first.", HelpName = "NAME" };
    private readonly Option<string> _rate = new("--learning-rate") { Description = "Of the first tree; then what each tree adds to it, and the least: 0.1,-0.01,0.01.", HelpName = "N[,STEP,LEAST]", DefaultValueFactory = _ => "0.1" };
    private readonly Option<int> _seed = new("--seed") { Description = "One seed gives the same bytes.", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _threads = new("--threads") { Description = "More than the cores that are free are slower, not faster.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _checkpoint = new("--checkpoint-every") { Description = "What was killed goes on at the last whole number of so many trees; 0 for none.", HelpName = "N", DefaultValueFactory = _ => 50 };
    private readonly Option<string[]> _categorical = new("--categorical") { Description = "A feature whose values name categories; may be repeated.", HelpName = "NAME" };
    private readonly Option<string[]> _monotone = new("--monotone") { Description = "NAME=1: the score may only rise with the feature; NAME=-1: only fall. May be repeated.", HelpName = "NAME=±1" };
    private readonly Option<string[]> _parameters = new("--param") { Description = "Another of LightGBM's parameters; may be repeated.", HelpName = "NAME=VALUE" };
    private readonly Option<string?> _first = new("--init") { Description = "A LightGBM model that goes on learning.", HelpName = "FILE" };
    private readonly Option<int> _trials = new("--search") { Description = "Tries so many draws of parameters by successive halving.", HelpName = "N" };
    private readonly Option<string> _trialTime = new("--search-time") { Description = "How long trials may take in all.", HelpName = "DURATION", DefaultValueFactory = _ => "1h" };
    private readonly Option<string[]> _ranges = new("--range") { Description = "What a search draws from: num_leaves=7..127, learning_rate=0.01..0.3:log. May be repeated.", HelpName = "NAME=LOW..HIGH[:log]" };
    private readonly Option<string?> _external = new("--external") { Description = "A command trains instead. It gets three more arguments: examples as Parquet, where to write a LightGBM or XGBoost model, the objective.", HelpName = "COMMAND" };
    private readonly Option<string> _externalTime = new("--external-time") { Description = "It is killed when it takes longer.", HelpName = "DURATION", DefaultValueFactory = _ => "1h" };
    private readonly Option<bool> _shell = new("--shell") { Description = "A shell reads the command, and has the arguments as $1, $2 and $3." };
    private readonly Option<bool> _restart = new("--restart") { Description = "Throws away what an interrupted training left." };
    private readonly TrainExampleOptions _examples;
    private readonly TrainJournal _journal;
    private readonly TimeProvider _clock;
    private readonly TextWriter _output;

    private TrainCommand(Command command, TimeProvider clock, TextWriter output)
    {
        (_clock, _output) = (clock, output);
        command.Arguments.Add(_surface);
        _examples = new TrainExampleOptions().AddTo(command);
        foreach (Option option in (Option[])
            [_into, _objective, _rounds, _stop, _metric, _rate, _seed, _threads, _checkpoint, _categorical, _monotone, _parameters, _first, _trials, _trialTime, _ranges, _external, _externalTime, _shell, _restart])
        {
            command.Options.Add(option);
        }

        _journal = new TrainJournal(clock).AddTo(command);
        Within(_rounds, 1, 100_000);
        Within(_stop, 0, 100_000);
        Within(_threads, 1, 1_024);
        Within(_checkpoint, 0, 100_000);
        Within(_trials, 0, 10_000);
        Within(_seed, 0, 1_000_000_000);
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(() => RunAsync(parsed, cancellation), parsed));
    }

    public static Command Create(TimeProvider clock, TextWriter output)
    {
        var command = new Command("train", """
            Trains a model from a node's journal, from training rows and labels, or from a plain file: trees by LightGBM, stopped and judged by what came later, never by a random part. Examples need not fit in
            memory. One seed gives the same bytes, and so does a training that was killed and goes on. docs/TRAINING.md says how.

            Examples:
              millrace train home --config millrace.yaml --from 2026-11-01 --to 2026-11-08 --out model
              millrace train home --rows rows --labels labels --label click --out model
              millrace train home --rows rows --labels labels --objective lambdarank --param eval_at=1,5 --metric ndcg@5 --out model
              millrace train --rows rows --labels labels --search 30 --range num_leaves=7..127:log --range learning_rate=0.02..0.3:log --out model
              millrace train --svmlight rank.train --valid rank.test --objective lambdarank --out model
              millrace train --rows rows --labels labels --external "python3 train.py" --out model
            """);
        _ = new TrainCommand(command, clock, output);
        return command;
    }

    private async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var error = parsed.InvocationConfiguration.Error;
        var (seed, objective) = (parsed.GetValue(_seed), parsed.GetValue(_objective)!);
        var settings = SettingsOf(parsed, objective, seed);
        var (examples, cuts, source) = await _examples.OpenAsync(parsed, _journal, parsed.GetValue(_surface), parsed.GetValue(_into)!, seed, cancellation);
        var request = new TrainRequest
        {
            Examples = examples,
            Source = source,
            Cuts = cuts,
            Settings = settings,
            Into = parsed.GetValue(_into)!,
            First = parsed.GetValue(_first) is { } first ? System.Text.Encoding.UTF8.GetString(ForestFile.ReadBytes(first)) : null,
            Trials = parsed.GetValue(_trials),
            TrialTime = Duration("--search-time", parsed.GetValue(_trialTime)!),
            Ranges = [.. (parsed.GetValue(_ranges) ?? []).Select(SearchRange.Parse)],
            Restart = parsed.GetValue(_restart),
            External = parsed.GetValue(_external) is { } command ? new ExternalTrainer(command, Duration("--external-time", parsed.GetValue(_externalTime)!), parsed.GetValue(_shell), objective) : null,
        };
        if (request.Trials > 0 != request.Ranges.Length > 0)
        {
            throw Refused("--search and --range go together: so many draws, and what from");
        }

        // On a thread of its own: LightGBM never waits, and the command is to end at Ctrl-C between two trees.
        var report = await Task.Run(() => new TrainRun(request, _clock, line => error.WriteLine(line)).RunAsync(cancellation), CancellationToken.None);
        await _output.WriteAsync(TrainText.Of(report));
        return ExitCode.Ok;
    }

    private TrainingSettings SettingsOf(ParseResult parsed, string objective, int seed)
    {
        var settings = new TrainingSettings
        {
            Objective = objective.StartsWith("multiclass", StringComparison.Ordinal) ? throw Refused("--objective: a head takes one score per row; multiclass has several") : objective,
            Rounds = parsed.GetValue(_rounds),
            EarlyStopping = parsed.GetValue(_stop),
            StopMetric = parsed.GetValue(_metric),
            Rate = RateOf(parsed.GetValue(_rate)!),
            Seed = seed,
            Threads = parsed.GetValue(_threads),
            CheckpointEvery = parsed.GetValue(_checkpoint),
            Categorical = [.. parsed.GetValue(_categorical) ?? []],
            Monotone = Pairs("--monotone", parsed.GetValue(_monotone)).ToImmutableSortedDictionary(
                pair => pair.Name, pair => pair.Value is "1" or "+1" ? 1 : pair.Value == "-1" ? -1 : throw Refused($"--monotone: expected NAME=1 or NAME=-1; got '{pair.Name}={pair.Value}'"), StringComparer.Ordinal),
            Other = Pairs("--param", parsed.GetValue(_parameters)).ToImmutableSortedDictionary(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal),
        };

        // A metric that stops must be one that LightGBM computes.
        return settings.StopMetric is { } metric && !settings.Other.ContainsKey("metric") && !metric.Contains('@', StringComparison.Ordinal)
            ? settings with { Other = settings.Other.Add("metric", metric) }
            : settings;
    }

    private static LearningRate RateOf(string text)
    {
        double?[] parts = [.. text.Split(',').Select(part => double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? (double?)number : null)];
        return parts switch
        {
            [> 0 and var start] => new LearningRate(start),
            [> 0 and var start, { } step, > 0 and var least] => new LearningRate(start, step, least),
            _ => throw Refused($"--learning-rate: expected 0.1 or 0.1,-0.01,0.01; got '{text}'"),
        };
    }

    private static IEnumerable<(string Name, string Value)> Pairs(string option, string[]? all) => (all ?? [])
        .Select(text => text.Split('=', 2) is [{ Length: > 0 } name, { Length: > 0 } value] ? (name, value) : throw Refused($"{option}: expected NAME=VALUE; got '{text}'"))
        .GroupBy(pair => pair.name).Select(same => same.Last());

    private static TimeSpan Duration(string option, string text) =>
        Quantities.ParseDuration(text) is { } duration && duration > TimeSpan.Zero ? duration : throw Refused($"{option}: expected a duration like 1h; got '{text}'");

    private static void Within(Option<int> option, int least, int most) => option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int>() is var value && (value < least || value > most))
        {
            result.AddError($"{option.Name}: expected {least} to {most}.");
        }
    });

    private static NodeStartException Refused(string why) => new(ExitCode.Usage, why);
}
