using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Runtime;
using Millrace.FeatureBuild;
using Millrace.Features.Definitions;
using Millrace.Features.PointInTime;
using Millrace.Features.PointInTime.Parquet;
using Millrace.Journal;
using Millrace.Node;
using Millrace.Node.Configuration;

namespace Millrace.Cli;

/// <summary><c>millrace features build</c>: training rows as of each decision's moment.</summary>
internal sealed class FeatureBuildCommand
{
    private readonly Argument<string?> _data = new("data") { Description = "The node's data directory, or the journal's own. Default: node.data.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<UnixMicros?> _from = CommandTime.Option("--from", "Decisions taken at or after this time", required: true);
    private readonly Option<UnixMicros?> _to = CommandTime.Option("--to", "Decisions taken before this time", required: true);
    private readonly Option<string> _into = new("--out", "-o") { Description = "The directory that takes the files; what an earlier run completed there is kept.", HelpName = "DIR", Required = true };
    private readonly Option<string> _slice = new("--slice") { Description = "How much time a file covers; a build that is killed goes on at the first file that is not whole.", HelpName = "DURATION", DefaultValueFactory = _ => "1h" };
    private readonly Option<string?> _names = new("--features") { Description = "Only these features, in this order. Default: all, by name.", HelpName = "NAME,…" };
    private readonly Option<string> _rows = new("--rows") { Description = "One row per item that was placed, or per candidate: of decisions with a full record, which alone name them.", DefaultValueFactory = _ => "slate" };
    private readonly Option<int?> _persons = new("--max-persons") { Description = "The most sessions, and the most users, that are followed at a time. Default: folding.persons.", HelpName = "N" };
    private readonly Option<bool> _any = new("--any-definitions") { Description = "Decisions that were taken under other definitions get rows too, with what these would have said: how a new feature gets its past." };
    private readonly Option<bool> _allow = new("--allow-missing") { Description = "Exit code 0 although some decisions could not be rebuilt." };
    private readonly NodeOptions _node;
    private readonly TimeProvider _clock;
    private readonly TextWriter _output;

    private FeatureBuildCommand(Command command, TimeProvider clock, TextWriter output)
    {
        (_clock, _output) = (clock, output);
        _rows.AcceptOnlyFromAmong("slate", "candidates");
        command.Arguments.Add(_data);
        foreach (Option option in (Option[])[_from, _to, _into, _slice, _names, _rows, _persons, _any, _allow])
        {
            command.Options.Add(option);
        }

        _node = new NodeOptions().AddTo(command);
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(() => RunAsync(parsed, cancellation), parsed));
    }

    public static Command Create(TimeProvider clock, TextWriter output)
    {
        var command = new Command("build", """
            Makes training rows from the journal: for each decision its items, with the features as the decision could know them, bit for bit what was served.
            Nothing that was received later is in them. Writes Parquet, which DuckDB, Python and Spark read; says on standard error how far it is.

            Examples:
              millrace features build --from 2026-11-01 --to 2026-11-08 --out rows
              millrace features build ./data --config millrace.yaml --from 2026-11-01 --to 2026-11-02 --out rows --features ctr_1h,age --rows candidates
              duckdb -c "select rank, avg(ctr_1h) from 'rows/*.parquet' group by rank"
            """);
        _ = new FeatureBuildCommand(command, clock, output);
        return command;
    }

    private async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var config = _node.SourceOf(parsed).Load();
        var features = History.Features(config);
        await CheckRemovedAsync(parsed, config, cancellation);
        var request = RequestOf(parsed, config, features);
        var folding = NodeServices.OptionsOf(config.Folding);
        var error = parsed.InvocationConfiguration.Error;

        // Nobody waits for a pause here, and collecting beside the fold costs processor time (docs/results/features.md).
        GCSettings.LatencyMode = GCLatencyMode.Batch;
        using var files = JournalFiles.Open(parsed.GetValue(_data) ?? config.Node.Data);
        if (files.LacksKeys)
        {
            throw new NodeStartException(
                ExitCode.DataUnusable,
                "the journal's subject keys are not there: every person would read as erased, and their slices would pass for done. Name the node's data directory, with its own keys");
        }

        request = request with { Journal = files.JournalName };
        using var reader = files.Inspection.OpenFoldReader();
        using var ahead = new ReadAheadReader(reader);
        var run = new BuildRun(ahead, features, folding, request) { Skipped = (position, fault) => error.WriteLine($"skipped: {position} is no fact: {fault.Message}") };
        var progress = new BuildProgress(error, !Console.IsErrorRedirected, _clock);
        var outcome = await progress.FollowAsync(run, cancellation);
        await _output.WriteAsync(BuildSummary.Of(outcome, progress.Elapsed, folding.Fingerprint(features)));
        return (outcome.Missing == 0 && outcome.Whole) || parsed.GetValue(_allow) ? ExitCode.Ok : ExitCode.Failure;
    }

    private BuildRequest RequestOf(ParseResult parsed, NodeConfig config, FeatureSet features)
    {
        var (from, to) = (parsed.GetValue(_from)!.Value, parsed.GetValue(_to)!.Value);
        var slice = Quantities.ParseDuration(parsed.GetValue(_slice)!) is { } given && given >= TimeSpan.FromSeconds(1)
            ? given
            : throw Refused($"--slice: expected a duration of 1s or more, like 1h; got '{parsed.GetValue(_slice)}'");
        var persons = parsed.GetValue(_persons) ?? config.Folding.Persons;
        return new BuildRequest
        {
            From = from,
            To = from < to ? to : throw Refused($"--from {from} is not before --to {to}"),
            Into = parsed.GetValue(_into)!,
            Features = NamesOf(parsed, features),
            Slice = slice,
            Kind = parsed.GetValue(_rows) == "slate" ? RowKind.Slate : RowKind.Candidates,
            MaxPersons = persons > 0 ? persons : throw Refused(string.Create(CultureInfo.InvariantCulture, $"--max-persons: expected 1 or more; got {persons}")),
            PersonsAhead = Environment.ProcessorCount > 1,
            AnyDefinitions = parsed.GetValue(_any),
        };
    }

    private string[]? Asked(ParseResult parsed) => parsed.GetValue(_names)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private async Task CheckRemovedAsync(ParseResult parsed, NodeConfig config, CancellationToken cancellation)
    {
        var removed = new RemovedFeatures(config);
        if (removed.Among(Asked(parsed) ?? []) is { Length: > 0 } names)
        {
            using var files = JournalFiles.Open(parsed.GetValue(_data) ?? config.Node.Data);
            using var reader = files.Inspection.OpenReader();
            throw Refused(string.Join(Environment.NewLine, await removed.SayAsync(names, reader, cancellation)));
        }
    }

    private ImmutableArray<string> NamesOf(ParseResult parsed, FeatureSet features)
    {
        var known = features.Definitions.Where(definition => definition.Info.Life != FeatureLife.Removed).Select(definition => definition.Name).ToArray();
        var names = Asked(parsed) ?? known;
        var faults = names.Where(name => !known.Contains(name, StringComparer.Ordinal)).Select(name => Unknown(name, known))
            .Concat(names.CountBy(name => name).Where(name => name.Value > 1).Select(name => $"'{name.Key}' is named twice"))
            .Concat(names.Where(RowFiles.IsFixed).Select(name => $"'{name}' is the name of a column that all rows have"))
            .ToArray();
        return faults.Length == 0 ? [.. names] : throw Refused(string.Join(Environment.NewLine, faults));
    }

    private static string Unknown(string name, string[] known) =>
        $"there is no feature '{name}'{(NearestName.Of(name, known) is { } nearest ? $"; is '{nearest}' meant?" : known.Length == 0 ? ": the configuration defines none" : "")}";

    private static NodeStartException Refused(string why) => new(ExitCode.Usage, why);
}
