using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Millrace.Evaluate;
using Millrace.FeatureAt;
using Millrace.Features;
using Millrace.Journal;
using Millrace.Learning.Evaluation.OffPolicy;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;
using Millrace.Node;
using Millrace.Node.Configuration;
using Millrace.Pareto;

namespace Millrace.Cli;

/// <summary><c>millrace evaluate --log</c>: a policy by the decisions that a journal recorded.</summary>
internal sealed class EvaluateJournal
{
    private readonly Option<string?> _log = new("--log") { Description = "The node's data directory, or the journal's own. Default: node.data.", HelpName = "DIR" };
    private readonly Option<string?> _surface = SurfaceOption.Create();
    private readonly Option<string?> _policy = new("--policy") { Description = "What is judged: a policy of the configuration, or a JSON file as the journal's control stream has policies. Default: the surface's own.", HelpName = "NAME|FILE" };
    private readonly Option<string> _event = new("--event") { Description = "What counts as reward: each event of the name 1, or with value: its value.", HelpName = "[value:]EVENT", DefaultValueFactory = _ => "click" };
    private readonly Option<string> _window = new("--window") { Description = "An outcome that comes later after its decision is not its own.", HelpName = "DURATION", DefaultValueFactory = _ => "10m" };
    private readonly Option<UnixMicros?> _from = CommandTime.Option("--from", "Decisions taken at or after this time");
    private readonly Option<UnixMicros?> _to = CommandTime.Option("--to", "Decisions taken before this time");
    private readonly EvaluateOptions _options;
    private readonly NodeOptions _node;
    private readonly TimeProvider _clock;
    private readonly TextWriter _output;

    public EvaluateJournal(Command command, TimeProvider clock, TextWriter output)
    {
        (_clock, _output) = (clock, output);
        foreach (Option option in (Option[])[_log, _surface, _policy, _event, _window, _from, _to])
        {
            command.Options.Add(option);
        }

        _options = new EvaluateOptions().AddTo(command);
        _node = new NodeOptions().AddTo(command, hasLog: false);
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(() => RunAsync(parsed, cancellation), parsed));
    }

    private async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var config = _node.SourceOf(parsed).Load();
        var request = RequestOf(parsed, config);
        var error = parsed.InvocationConfiguration.Error;
        using var files = JournalFiles.Open(parsed.GetValue(_log) ?? config.Node.Data);
        if (files.LacksKeys)
        {
            throw new NodeStartException(ExitCode.DataUnusable, "the journal's subject keys are not there: every person would read as erased. Name the node's data directory, with its own keys");
        }

        using var reader = files.Inspection.OpenReader();
        var shelf = new ShelfBeside(config.Models, new FolderModelShelf(DataDirectory.ModelsOf(config.Node.Data), (path, why) => error.WriteLine($"model {path} is damaged: {why}")));
        var run = new JournalEvaluation(reader, shelf, request, (position, fault) => error.WriteLine($"skipped: {position} is no fact: {fault.Message}"));
        var progress = new AtProgress(error, !Console.IsErrorRedirected, _clock);
        var evaluation = await progress.FollowAsync(() => run.RunAsync(cancellation), () => string.Create(CultureInfo.InvariantCulture, $"{run.Judged,12:N0} decisions looked at"));
        foreach (var (reason, count) in run.Left.Counts)
        {
            await _output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"left out     {count:N0}: {LeftOut.Say(reason)}"));
        }

        return await _options.TellAsync(parsed, _output, new EvaluationReport([(request.Policy.Name, evaluation)], request.Bounds), bad: null, cancellation);
    }

    private JournalRequest RequestOf(ParseResult parsed, NodeConfig config)
    {
        var surface = SurfaceOption.Find(parsed.GetValue(_surface), config);
        var (from, to) = (parsed.GetValue(_from) ?? new UnixMicros(long.MinValue), parsed.GetValue(_to) ?? new UnixMicros(long.MaxValue));
        var outcome = Objective.Outcome(parsed.GetValue(_event)!) ?? throw Refused($"--event: expected [value:]EVENT; got '{parsed.GetValue(_event)}'");
        var options = _options.Estimation(parsed);
        return new JournalRequest
        {
            Surface = surface.Name,
            Policy = PolicyOf(parsed.GetValue(_policy) ?? surface.Policy, config),
            Outcome = outcome,
            Window = Quantities.ParseDuration(parsed.GetValue(_window)!) is { } window && window > TimeSpan.Zero ? window : throw Refused($"--window: expected a duration like 10m; got '{parsed.GetValue(_window)}'"),
            From = from,
            To = from < to ? to : throw Refused($"--from {from} is not before --to {to}"),
            Options = options,
            Gates = _options.Gates(parsed),
            Bounds = _options.Bounds(parsed),
        };
    }

    private static Policy PolicyOf(string name, NodeConfig config)
    {
        if (config.Policies.TryGetValue(name, out var policy))
        {
            return policy;
        }

        if (!File.Exists(name))
        {
            throw Refused($"--policy: there is no policy '{name}'{(NearestName.Of(name, config.Policies.Keys) is { } near ? $"; is '{near}' meant?" : "")}, and no such file");
        }

        try
        {
            policy = PolicyJson.Read(File.ReadAllText(name), version: 1);
        }
        catch (JsonException fault)
        {
            throw Refused($"{name}: no policy: {fault.Message}");
        }

        string[] faults = [.. PolicyValidator.Faults(policy, History.Features(config))];
        return faults.Length == 0 ? policy : throw Refused($"{name}: {string.Join(Environment.NewLine, faults)}");
    }

    private static NodeStartException Refused(string why) => new(ExitCode.Usage, why);
}
