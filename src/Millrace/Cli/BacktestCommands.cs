using System.CommandLine;
using System.CommandLine.Parsing;
using Millrace.Backtest;
using Millrace.Backtest.ClickLogs;
using Millrace.Backtest.Learnt;

namespace Millrace.Cli;

/// <summary><c>millrace backtest</c>: replays a click log through the node's own code on virtual time.</summary>
internal static class BacktestCommands
{
    private static readonly Option<string?> Report = new("--report") { Description = "Writes the figures as JSON to this file.", HelpName = "FILE" };
    private static readonly Option<ulong> Seed = new("--seed") { Description = "The seed of all draws.", DefaultValueFactory = _ => 1 };
    private static readonly Option<double> WarmUp = Days("--warm-up", "Days at the start that are learnt from and not scored.", 2);
    private static readonly Option<double?> HeldOut = HeldOutDays();
    private static readonly Option<string?> PolicyFile = new("--policy") { Description = "Decides with the features and the policy of this millrace.yaml; default: a policy of the command's own, fitted on globo.", HelpName = "FILE" };
    private static readonly Option<string?> SurfaceName = new("--surface") { Description = "Which surface of --policy is asked, when there are several.", HelpName = "NAME" };
    private static readonly Option<string?> Data = new("--data") { Description = "Journals on disk, into this new or empty directory; default: in memory.", HelpName = "DIR" };
    private static readonly Option<int> MaxBad = new("--max-bad") { Description = "How many bad rows are left out before the replay gives up.", DefaultValueFactory = _ => 0 };
    private static readonly Option<bool> Candidates = new("--candidates") { Description = "Judges the candidate stage alone: how often the clicked item is in its pool, in all and by source. Nothing is ranked." };
    private static readonly Option<int> CandidatesEvery = Every();
    private static readonly Option<string?> Examples = ExamplesFile();
    private static readonly Option<long?> Take = new("--take") { Description = "Replays only the first so many clicks.", HelpName = "CLICKS" };

    public static Command Create(TimeProvider clock, TextWriter output)
    {
        var command = new Command("backtest", """
            Replays a click log in order of time through the code that decides in a node, on virtual time. Items are learnt when first clicked; each next
            click of a session is predicted before it is revealed, then journalled. Reports HR@10, MRR@10, coverage, cold start, speed and memory.

            Examples:
              millrace backtest globo clicks.csv.gz --report out.json
              millrace backtest globo clicks.csv.gz --candidates --candidates-every 16
              millrace backtest globo clicks.csv.gz --learn --retrain none,24h --report learnt.json
              millrace backtest movielens u.data
              millrace backtest globo clicks.csv.gz --policy millrace.yaml --data ./replayed
              millrace backtest csv log.csv.gz --map user=uid,session=sid,item=article,time=ts,time-format=unix-ms
              millrace backtest ndjson log.ndjson --map session=visit,item=page,time=at,time-format=rfc3339 --sort
            """);
        foreach (Option option in (Option[])[Report, Seed, WarmUp, HeldOut, MaxBad, Take, PolicyFile, SurfaceName, Data, Candidates, CandidatesEvery, Examples, .. BacktestLearn.Options])
        {
            option.Recursive = true;
            command.Options.Add(option);
        }

        command.Subcommands.Add(Known("globo", "Globo.com's clicks.csv.gz.", ClickLogFormat.Globo, clock, output));
        command.Subcommands.Add(Known("movielens", "MovieLens 100K's u.data; each user's ratings are one session.", ClickLogFormat.MovieLens, clock, output));
        command.Subcommands.Add(MovieLensCommand.Create(Report, Seed, output));
        command.Subcommands.Add(Mapped("csv", "Any CSV file (.gz too) with a header line.", RowSyntax.Csv, clock, output));
        command.Subcommands.Add(Mapped("ndjson", "Any file (.gz too) of one JSON object per line.", RowSyntax.Ndjson, clock, output));
        return command;
    }

    private static Command Known(string name, string description, ClickLogFormat format, TimeProvider clock, TextWriter output)
    {
        var command = new Command(name, description);
        var file = File();
        command.Arguments.Add(file);
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(
            () => RunAsync(parsed.GetValue(file)!, format, parsed, clock, output, cancellation), parsed));
        return command;
    }

    private static Command Mapped(string name, string description, RowSyntax syntax, TimeProvider clock, TextWriter output)
    {
        var command = new Command(name, description);
        var file = File();
        var map = new Option<string>("--map")
        {
            Description = "Which field is what: user (or session, or both), item, time; time-format is unix-ms (default), unix-s, unix-us or rfc3339.",
            HelpName = "KEY=FIELD,…",
            Required = true,
        };
        var sort = new Option<bool>("--sort") { Description = $"The file is not in order of time: read it whole and sort it (at most {ClickLogFormat.MaxSorted:N0} rows)." };
        command.Arguments.Add(file);
        command.Options.Add(map);
        command.Options.Add(sort);
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(
            () => RunAsync(parsed.GetValue(file)!, ClickMapping.Parse(parsed.GetValue(map)!, syntax, parsed.GetValue(sort)), parsed, clock, output, cancellation), parsed));
        return command;
    }

    private static Option<double> Days(string name, string description, double usual)
    {
        var option = new Option<double>(name) { Description = description, DefaultValueFactory = _ => usual, HelpName = "DAYS" };
        option.Validators.Add(result => Check(result, result.GetValueOrDefault<double>()));
        return option;
    }

    private static Option<int> Every()
    {
        var option = new Option<int>("--candidates-every")
        {
            Description = "With --candidates: gathers at every so manyth click that would be scored, and learns from all. A look at a whole log then takes minutes.",
            HelpName = "CLICKS",
            DefaultValueFactory = _ => 1,
        };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is not (>= 1 and <= 1_000_000))
            {
                result.AddError("--candidates-every: expected 1 to 1000000 clicks.");
            }
        });
        return option;
    }

    private static Option<string?> ExamplesFile()
    {
        var option = new Option<string?>("--examples") { Description = "With --candidates: writes what a first phase can learn from to this CSV file, of the same clicks.", HelpName = "FILE" };
        option.Validators.Add(result =>
        {
            if (!result.GetValue(Candidates))
            {
                result.AddError("--examples: expected with --candidates.");
            }
        });
        return option;
    }

    private static Option<double?> HeldOutDays()
    {
        var option = new Option<double?>("--held-out")
        {
            Description = "Reports the clicks after so many days alone too. Default: 5 for globo with the built-in policy, whose weights were fitted on days 3 to 5; else none.",
            HelpName = "DAYS",
        };
        option.Validators.Add(result => Check(result, result.GetValueOrDefault<double?>() ?? 0));
        return option;
    }

    private static void Check(OptionResult result, double days)
    {
        if (days is not (>= 0 and <= 10_000))
        {
            result.AddError($"{result.Option.Name}: expected 0 to 10000 days.");
        }
    }

    private static Argument<string> File() => new("file") { Description = "The click log." };

    private static async Task<ExitCode> RunAsync(
        string file, ClickLogFormat format, ParseResult parsed, TimeProvider clock, TextWriter output, CancellationToken cancellation)
    {
        var policy = parsed.GetValue(PolicyFile);
        var unseen = policy is null && format == ClickLogFormat.Globo ? BacktestPolicy.GloboUnseenFrom : (TimeSpan?)null;
        var options = new BacktestOptions
        {
            Seed = parsed.GetValue(Seed),
            HeldOut = parsed.GetValue(HeldOut) is { } days ? TimeSpan.FromDays(days) : unseen,
            Setup = BacktestLearn.Asked(parsed) is not null ? LearntPolicy.Setup : policy is null ? parsed.GetValue(Candidates) ? CandidatePolicy.Setup : BacktestSetup.BuiltIn : BacktestSetup.Load(policy, parsed.GetValue(SurfaceName)),
            WarmUp = TimeSpan.FromDays(parsed.GetValue(WarmUp)),
            SessionIdle = format.SessionIdle,
            Take = parsed.GetValue(Take),
        };
        var log = new ClickLogReader(file, format, parsed.GetValue(MaxBad));
        var progress = new BacktestProgress(parsed.InvocationConfiguration.Error, !Console.IsErrorRedirected, clock);
        var virtualTime = new VirtualClock();
        await using var journal = await BacktestJournal.OpenAsync(parsed.GetValue(Data), virtualTime);
        await using var examples = parsed.GetValue(Examples) is { } to ? new StreamWriter(to) : null;
        var probe = parsed.GetValue(Candidates)
            ? new CandidateProbe(options.Setup, clock)
            {
                Every = parsed.GetValue(CandidatesEvery),
                Examples = examples is null ? null : new CandidateExamples(examples, [.. options.Setup.Features.Select(feature => feature.Name)]),
            }
            : null;
        var learnt = BacktestLearn.Asked(parsed) is { } learning ? new LearntProbe(learning, clock) : null;
        var report = await new BacktestReplay(options, journal.Journal, virtualTime) { Probe = learnt ?? (IReplayProbe?)probe }.RunAsync(log, progress, cancellation);
        var found = probe?.Report(options.HeldOut);
        var rankings = learnt?.Report(options.HeldOut);
        await output.WriteAsync(rankings?.ToText() ?? found?.ToText() ?? report.ToText());
        if (log.Bad > 0)
        {
            await output.WriteLineAsync($"bad rows     {log.Bad}, left out; the first: {log.Faults[0]}");
        }

        if (parsed.GetValue(Report) is { } path)
        {
            await System.IO.File.WriteAllTextAsync(path, rankings?.ToJson() ?? found?.ToJson() ?? report.ToJson(), cancellation);
        }

        return (rankings?.Rankings[0].Scored ?? found?.Scored ?? report.Scored) > 0 ? ExitCode.Ok : ExitCode.Failure;
    }
}
