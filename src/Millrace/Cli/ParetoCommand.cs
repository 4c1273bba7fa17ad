using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Millrace.FeatureAt;
using Millrace.Features;
using Millrace.Journal;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;
using Millrace.Node;
using Millrace.Node.Configuration;
using Millrace.Pareto;

namespace Millrace.Cli;

/// <summary><c>millrace pareto</c>: what other weights of a policy's heads would have earned, by the recorded decisions.</summary>
internal sealed class ParetoCommand
{
    private readonly Option<string?> _surface = SurfaceOption.Create();
    private readonly Option<string[]> _heads = new("--head") { Description = "A head whose weight is swept and whose outcome is judged; may be repeated, the first two are the plot's axes. Default: all heads.", HelpName = "NAME" };
    private readonly Option<int> _steps = new("--steps") { Description = "Shares what the heads move among them in so many parts: N + 1 weightings of two heads, (N + 1)(N + 2)/2 of three.", HelpName = "N", DefaultValueFactory = _ => 10 };
    private readonly Option<string?> _weights = new("--weights") { Description = "Judges these instead: JSON like [{\"click\": 1, \"hide\": -3}]; a head that is not named keeps its weight.", HelpName = "FILE" };
    private readonly Option<string?> _events = new("--events") { Description = "The outcomes of heads: click,stay=value:dwell. 'value:' adds up the events' values, else each counts 1. Default: events of the head's name, dwell by value.", HelpName = "[HEAD=][value:]EVENT,…" };
    private readonly Option<string> _window = new("--window") { Description = "An outcome that comes later after its decision is not its own.", HelpName = "DURATION", DefaultValueFactory = _ => "10m" };
    private readonly Option<UnixMicros?> _from = CommandTime.Option("--from", "Decisions taken at or after this time");
    private readonly Option<UnixMicros?> _to = CommandTime.Option("--to", "Decisions taken before this time");
    private readonly Option<int> _bootstrap = new("--bootstrap") { Description = "Replicates of the bootstrap over persons.", HelpName = "N", DefaultValueFactory = _ => 200 };
    private readonly Option<ulong> _seed = new("--seed") { Description = "The seed of its draws.", DefaultValueFactory = _ => 1 };
    private readonly Option<double> _effective = new("--least-effective") { Description = "With fewer effective decisions a weighting is not evaluable.", HelpName = "N", DefaultValueFactory = _ => 100 };
    private readonly Option<double> _covered = new("--least-covered") { Description = "With a smaller share of its slates within what could have been logged it is not evaluable.", HelpName = "SHARE", DefaultValueFactory = _ => 0.99 };
    private readonly Option<string?> _report = new("--report") { Description = "Writes the figures as JSON to this file.", HelpName = "FILE" };
    private readonly Option<string?> _plot = new("--plot") { Description = "Draws the first two objectives as SVG into this file.", HelpName = "FILE" };
    private readonly NodeOptions _node;
    private readonly TimeProvider _clock;
    private readonly TextWriter _output;

    private ParetoCommand(Command command, TimeProvider clock, TextWriter output)
    {
        (_clock, _output) = (clock, output);
        Within(_steps, 1, 1_000);
        Within(_bootstrap, 20, 10_000);
        foreach (Option option in (Option[])[_surface, _heads, _steps, _weights, _events, _window, _from, _to, _bootstrap, _seed, _effective, _covered, _report, _plot])
        {
            command.Options.Add(option);
        }

        _node = new NodeOptions().AddTo(command);
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(() => RunAsync(parsed, cancellation), parsed));
    }

    public static Command Create(TimeProvider clock, TextWriter output)
    {
        var command = new Command("pareto", """
            Says what other weights of a policy's heads would have earned of each objective, by the decisions that were recorded, and which of them no other beats: the
            frontier. Nothing is served: the full records of exploring decisions tell how likely each weighting would have made the same slates, and events what came of
            them. What the log cannot tell it calls not-evaluable. Reads beside a running node too. docs/PARETO.md says how, and how far to trust it.

            Examples:
              millrace pareto --config millrace.yaml --surface home --data ./data
              millrace pareto --head click --head hide --steps 20 --plot frontier.svg --report frontier.json
              millrace pareto --events click,stay=value:dwell --window 30m --from 2026-11-01
              millrace pareto --weights candidates.json
            """);
        _ = new ParetoCommand(command, clock, output);
        return command;
    }

    private async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var config = _node.SourceOf(parsed).Load();
        var request = await RequestOf(parsed, config, cancellation);
        var error = parsed.InvocationConfiguration.Error;
        using var files = JournalFiles.Open(config.Node.Data);
        if (files.LacksKeys)
        {
            throw new NodeStartException(ExitCode.DataUnusable, "the journal's subject keys are not there: every person would read as erased. Name the node's data directory, with its own keys");
        }

        using var reader = files.Inspection.OpenReader();
        var shelf = new ShelfBeside(config.Models, new FolderModelShelf(DataDirectory.ModelsOf(config.Node.Data), (path, why) => error.WriteLine($"model {path} is damaged: {why}")));
        var run = new ParetoRun(reader, shelf, request, (position, fault) => error.WriteLine($"skipped: {position} is no fact: {fault.Message}"));
        var progress = new AtProgress(error, !Console.IsErrorRedirected, _clock);
        var report = await progress.FollowAsync(() => run.RunAsync(cancellation), () => string.Create(CultureInfo.InvariantCulture, $"{run.Judged,12:N0} decisions judged"));
        await _output.WriteAsync(ParetoText.Of(report));
        if (parsed.GetValue(_report) is { } json)
        {
            await File.WriteAllTextAsync(json, report.ToJson(), cancellation);
        }

        if (parsed.GetValue(_plot) is { } picture)
        {
            await File.WriteAllTextAsync(picture, ParetoSvg.Of(report), cancellation);
        }

        return report.Rows.Any(row => row.Passes && !row.Present) ? ExitCode.Ok : ExitCode.Failure;
    }

    private async Task<ParetoRequest> RequestOf(ParseResult parsed, NodeConfig config, CancellationToken cancellation)
    {
        var surface = SurfaceOption.Find(parsed.GetValue(_surface), config);
        var policy = config.Policies[surface.Policy];
        string[] known = [.. PolicyReading.HeadsOf(policy).Keys];
        var heads = HeadsOf(parsed.GetValue(_heads), known);
        var objectives = Objective.Parse(heads, parsed.GetValue(_events), PolicyReading.ObjectivesOf(policy));
        double[] present = [.. known.Select(head => PolicyReading.ObjectivesOf(policy).GetValueOrDefault(head))];
        var steps = parsed.GetValue(_steps);
        var file = parsed.GetValue(_weights);
        if (file is null && heads.Length < 2)
        {
            throw Refused($"weights are swept between two heads or more, and {(known.Length < 2 ? $"policy '{policy.Name}' has one, '{known[0]}'" : "one is named")}{(known.Length < 2 ? "" : $"; there are {string.Join(", ", known)}")}");
        }

        if (file is null && WeightGrid.Count(heads.Length, steps) > WeightGrid.Most)
        {
            throw Refused($"--steps {steps} of {heads.Length} heads makes {WeightGrid.Count(heads.Length, steps):N0} weightings, more than {WeightGrid.Most}: take fewer steps, or fewer heads with --head");
        }

        if (parsed.GetValue(_plot) is not null && heads.Length < 2)
        {
            throw Refused("--plot needs two heads: a picture has two axes");
        }

        var (from, to) = (parsed.GetValue(_from) ?? new UnixMicros(long.MinValue), parsed.GetValue(_to) ?? new UnixMicros(long.MaxValue));
        return new ParetoRequest
        {
            Surface = surface.Name,
            Policy = policy,
            Objectives = [.. objectives],
            Steps = steps,
            Weightings = file is null ? null : WeightGrid.Read(file, await File.ReadAllTextAsync(file, cancellation), known, present),
            Window = Quantities.ParseDuration(parsed.GetValue(_window)!) is { } window && window > TimeSpan.Zero ? window : throw Refused($"--window: expected a duration like 10m; got '{parsed.GetValue(_window)}'"),
            From = from,
            To = from < to ? to : throw Refused($"--from {from} is not before --to {to}"),
            Replicates = parsed.GetValue(_bootstrap),
            Seed = parsed.GetValue(_seed),
            LeastEffective = parsed.GetValue(_effective),
            LeastCovered = parsed.GetValue(_covered),
        };
    }

    private static string[] HeadsOf(string[]? asked, string[] known)
    {
        string[] heads = asked is { Length: > 0 } ? [.. asked.Distinct(StringComparer.Ordinal)] : known;
        return heads.FirstOrDefault(head => !known.Contains(head, StringComparer.Ordinal)) is { } wrong
            ? throw Refused($"--head: there is no head '{wrong}'{(NearestName.Of(wrong, known) is { } near ? $"; is '{near}' meant?" : $"; there are {string.Join(", ", known)}")}")
            : heads;
    }

    private static void Within(Option<int> option, int least, int most) => option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int>() is var value && (value < least || value > most))
        {
            result.AddError($"{option.Name}: expected {least} to {most}.");
        }
    });

    private static NodeStartException Refused(FormattableString why) => new(ExitCode.Usage, why.ToString(CultureInfo.InvariantCulture));

    private static NodeStartException Refused(string why) => new(ExitCode.Usage, why);
}
