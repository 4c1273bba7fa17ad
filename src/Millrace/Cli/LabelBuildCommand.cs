using System.CommandLine;
using System.Globalization;
using Millrace.FeatureAt;
using Millrace.Journal;
using Millrace.Labels;
using Millrace.Learning.DuckDb;
using Millrace.Node;
using Millrace.Node.Configuration;

namespace Millrace.Cli;

/// <summary><c>millrace labels build</c>: one row per item that a decision placed, and what came of it.</summary>
internal sealed class LabelBuildCommand
{
    private const int LeastMemory = 128;

    private readonly Argument<string?> _data = new("data") { Description = "The node's data directory. Default: node.data.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<UnixMicros?> _from = CommandTime.Option("--from", "Decisions taken at or after this time", required: true);
    private readonly Option<UnixMicros?> _to = CommandTime.Option("--to", "Decisions taken before this time", required: true);
    private readonly Option<string> _into = new("--out", "-o") { Description = "The directory that takes the files; what an earlier run completed there is kept, unless outcomes of it came late.", HelpName = "DIR", Required = true };
    private readonly Option<string> _slice = new("--slice") { Description = "How much time a file covers.", HelpName = "DURATION", DefaultValueFactory = _ => "1h" };
    private readonly Option<int> _memory = new("--memory") { Description = "MiB that the join holds; what does not fit stands in temporary files in the directory.", HelpName = "MIB", DefaultValueFactory = _ => 1024 };
    private readonly Option<string?> _report = new("--report") { Description = "Writes the label-availability report as JSON to this file.", HelpName = "FILE" };
    private readonly NodeOptions _node;
    private readonly TimeProvider _clock;
    private readonly TextWriter _output;

    private LabelBuildCommand(Command command, TimeProvider clock, TextWriter output)
    {
        (_clock, _output) = (clock, output);
        command.Arguments.Add(_data);
        foreach (Option option in (Option[])[_from, _to, _into, _slice, _memory, _report])
        {
            command.Options.Add(option);
        }

        _node = new NodeOptions().AddTo(command);
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(() => RunAsync(parsed, cancellation), parsed));
    }

    public static Command Create(TimeProvider clock, TextWriter output)
    {
        var command = new Command("build", """
            Joins decisions with what came of them, by `outcomes` of the configuration: one row per item that was placed, in Parquet, with the outcomes, whether their windows
            had closed, and how the body was delivered. Reads beside a running node too. A later run makes those slices anew whose windows were open, and those of
            which outcomes came late. docs/LABELS.md says how, and what the columns are.

            Examples:
              millrace labels build --from 2026-11-01 --to 2026-11-08 --out labels
              millrace labels build ./data --config millrace.yaml --from 2026-11-01 --to 2026-11-02 --out labels --report labels.json
              duckdb -c "select rank, avg(click) from 'labels/*.parquet' where \"click.closed\" group by rank"
            """);
        _ = new LabelBuildCommand(command, clock, output);
        return command;
    }

    private async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var config = _node.SourceOf(parsed).Load();
        var data = parsed.GetValue(_data) ?? config.Node.Data;
        var tenant = NodeServices.OptionsOf(config.Folding).Tenant;
        var request = RequestOf(parsed, config, tenant);
        var error = parsed.InvocationConfiguration.Error;
        using var files = JournalFiles.Open(data);
        if (files.LacksKeys)
        {
            throw new NodeStartException(ExitCode.DataUnusable, "the journal's subject keys are not there: every person would read as erased. Name the node's data directory, with its own keys");
        }

        var persons = new ExamplePersons(SecretOf(data), tenant);
        using var reader = files.Inspection.OpenReader();
        var run = new LabelRun(reader, persons.Of, request with { Journal = files.JournalName }, (position, fault) => error.WriteLine($"skipped: {position} is no fact: {fault.Message}"));
        var report = await new AtProgress(error, !Console.IsErrorRedirected, _clock).FollowAsync(() => run.RunAsync(cancellation), () => string.Create(CultureInfo.InvariantCulture, $"{run.Read,12:N0} facts read"));
        await _output.WriteAsync(report.ToText());
        if (parsed.GetValue(_report) is { } path)
        {
            await File.WriteAllTextAsync(path + ".new", report.ToJson(), cancellation);
            File.Move(path + ".new", path, overwrite: true);
        }

        return ExitCode.Ok;
    }

    private LabelRequest RequestOf(ParseResult parsed, NodeConfig config, string tenant)
    {
        var (from, to, memory) = (parsed.GetValue(_from)!.Value, parsed.GetValue(_to)!.Value, parsed.GetValue(_memory));
        return new LabelRequest
        {
            From = from,
            To = from < to ? to : throw Refused($"--from {from} is not before --to {to}"),
            Into = parsed.GetValue(_into)!,
            Outcomes = config.Outcomes,
            Tenant = tenant,
            Slice = Quantities.ParseDuration(parsed.GetValue(_slice)!) is { } slice && slice >= TimeSpan.FromSeconds(1) ? slice : throw Refused($"--slice: expected a duration of 1s or more, like 1h; got '{parsed.GetValue(_slice)}'"),
            Store = new DuckDbOptions { MemoryMebibytes = memory >= LeastMemory ? memory : throw Refused(string.Create(CultureInfo.InvariantCulture, $"--memory: expected {LeastMemory} or more; got {memory}")) },
        };
    }

    /// <summary>The key under which persons are named: without it, or under another, the files of one directory would name one person twice.</summary>
    private static byte[] SecretOf(string data)
    {
        var path = Path.Combine(data, NodeServices.TokenKeyFile);
        return File.Exists(path) ? File.ReadAllBytes(path) : throw new NodeStartException(ExitCode.DataUnusable, $"{path} is not there, and labels name persons under it. Name the node's data directory, not its journal alone");
    }

    private static NodeStartException Refused(string why) => new(ExitCode.Usage, why);
}
