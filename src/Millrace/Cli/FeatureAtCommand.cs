using System.Collections.Immutable;
using System.CommandLine;
using Millrace.Api;
using Millrace.FeatureAt;
using Millrace.FeatureBuild;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Features.PointInTime;
using Millrace.Journal;
using Millrace.Node;
using Millrace.Node.Configuration;

namespace Millrace.Cli;

/// <summary><c>millrace features at</c>: the features of one item, user, session or decision as of a time, with what they were read from.</summary>
internal sealed class FeatureAtCommand
{
    private const string Decision = "decision";

    private readonly Argument<string> _entity = new("entity") { Description = "What is asked about." };
    private readonly Argument<string> _id = new("id") { Description = "Its id." };
    private readonly Option<UnixMicros?> _time = CommandTime.Option("--time", "Where windows end; only what was received before is known. Default: now");
    private readonly Option<UnixMicros?> _known = CommandTime.Option("--known", "Knows what was received before this instead: later than --time shows what late arrivals change");
    private readonly Option<string?> _user = new("--user") { Description = "For an item: the user of pair features.", HelpName = "ID" };
    private readonly Option<string?> _session = new("--session") { Description = "For an item: the session of pair features.", HelpName = "ID" };
    private readonly Option<string[]> _context = new("--context") { Description = "For an item: an attribute of the request's context, for features of context; may be repeated.", HelpName = "KEY=VALUE" };
    private readonly Option<string?> _surface = new("--surface") { Description = "For an item: the surface of the request.", HelpName = "NAME" };
    private readonly Option<string?> _segment = new("--segment") { Description = "For an item: the segment of the request.", HelpName = "NAME" };
    private readonly Option<string?> _slot = new("--slot") { Description = "For an item: the slot of the request.", HelpName = "NAME" };
    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON object." };
    private readonly NodeOptions _node;
    private readonly TimeProvider _clock;
    private readonly TextWriter _output;

    private FeatureAtCommand(Command command, TimeProvider clock, TextWriter output)
    {
        (_clock, _output) = (clock, output);
        _entity.AcceptOnlyFromAmong("item", "user", "session", Decision);
        command.Arguments.Add(_entity);
        command.Arguments.Add(_id);
        foreach (Option option in (Option[])[_time, _known, _user, _session, _context, _surface, _segment, _slot, _json])
        {
            command.Options.Add(option);
        }

        _node = new NodeOptions().AddTo(command);
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(() => RunAsync(parsed, cancellation), parsed));
    }

    public static Command Create(TimeProvider clock, TextWriter output)
    {
        var command = new Command("at", """
            Says what the features of an item, a user, a session were at a time, and what they were read from: the facts within their windows, the words and sections of state.
            For a decision: its whole matrix, served beside built again, marked where they differ. Exit code 1 when it differs or cannot be built.

            Examples:
              millrace features at item i17
              millrace features at item i17 --time 2026-11-30T08:00:00Z --user u3 --context device=phone
              millrace features at user u3 --time 2026-11-30T08:00:00Z --known 2026-11-30T09:00:00Z
              millrace features at decision 0192f0c1 --data ./data --json
            """);
        _ = new FeatureAtCommand(command, clock, output);
        return command;
    }

    private async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var request = RequestOf(parsed);
        var config = _node.SourceOf(parsed).Load();
        var features = History.Features(config);
        var folding = NodeServices.OptionsOf(config.Folding);
        var error = parsed.InvocationConfiguration.Error;
        using var files = JournalFiles.Open(config.Node.Data);
        using var reader = files.Inspection.OpenReader();
        using var ahead = new ReadAheadReader(reader);
        var progress = new AtProgress(error, !Console.IsErrorRedirected, _clock);
        void Skipped(Position position, Exception fault) => error.WriteLine($"skipped: {position} is no fact: {fault.Message}");
        if (request is not null)
        {
            var run = new EntityRun(ahead, features, folding, request, Skipped);
            var answer = await progress.FollowAsync(() => run.RunAsync(cancellation), () => run.Progress);
            await _output.WriteAsync(parsed.GetValue(_json) ? AtJson.Of(answer) : AtText.Of(answer));
            return ExitCode.Ok;
        }

        return await DecideAsync(new DecisionRun(ahead, features, folding, config.Folding.Persons, parsed.GetValue(_id)!, Skipped), progress, parsed.GetValue(_json), cancellation);
    }

    private async Task<ExitCode> DecideAsync(DecisionRun run, AtProgress progress, bool json, CancellationToken cancellation)
    {
        var answer = await progress.FollowAsync(() => run.RunAsync(cancellation), () => run.Progress);
        await _output.WriteAsync(json ? AtJson.Of(answer) : AtText.Of(answer));
        return answer is { NotVisited: null, Different: 0 } ? ExitCode.Ok : ExitCode.Failure;
    }

    /// <summary>What is asked of an entity; null where a decision is asked about, which has its own time, person and context.</summary>
    private EntityRequest? RequestOf(ParseResult parsed)
    {
        var (name, id) = (parsed.GetValue(_entity)!, parsed.GetValue(_id)!);
        Option[] others = name == "item" ? [] : name == Decision ? [_time, _known, _user, _session, _context, _surface, _segment, _slot] : [_user, _session, _context, _surface, _segment, _slot];
        if (others.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } wrong)
        {
            throw Refused($"{wrong.Name} says nothing of a {name}{(name == Decision ? ", which has its own" : ": it goes with an item")}");
        }

        if (name == Decision)
        {
            return null;
        }

        var time = parsed.GetValue(_time) ?? UnixMicros.Now(_clock);
        var asked = ((Option[])[_context, _surface, _segment, _slot]).Any(option => parsed.GetResult(option) is { Implicit: false });
        return new EntityRequest
        {
            Entity = name switch { "user" => FeatureEntity.User, "session" => FeatureEntity.Session, _ => FeatureEntity.Item },
            Id = id,
            AsOf = new AsOf
            {
                Time = time,
                Known = parsed.GetValue(_known) ?? time,
                Item = name == "item" ? id : null,
                User = name == "user" ? id : parsed.GetValue(_user),
                Session = name == "session" ? id : parsed.GetValue(_session),
            },
            Context = asked ? ContextOf(parsed.GetValue(_context) ?? [], time) : null,
            Surface = parsed.GetValue(_surface) ?? "",
            Segment = parsed.GetValue(_segment),
            Slot = parsed.GetValue(_slot),
        };
    }

    private static ImmutableSortedDictionary<string, string> ContextOf(string[] pairs, UnixMicros time)
    {
        var context = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            context[at > 0 ? pair[..at] : throw Refused($"--context: expected KEY=VALUE; got '{pair}'")] = pair[(at + 1)..];
        }

        var resolved = ZonedContext.Resolve(context.ToImmutable(), time, out var fault);
        return fault is null ? resolved : throw Refused($"--context {fault.Key}: expected {fault.Expected}; got {fault.Got}");
    }

    private static NodeStartException Refused(string why) => new(ExitCode.Usage, why);
}
