using System.CommandLine;
using Millrace.FeatureAt;
using Millrace.FeatureForget;
using Millrace.Node;

namespace Millrace.Cli;

/// <summary><c>millrace features forget</c>: takes the rows of erased persons out of training rows that were built before.</summary>
internal sealed class FeatureForgetCommand
{
    private readonly Argument<string?> _data = new("data") { Description = "The node's data directory, or the journal's own. Default: node.data.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string> _rows = new("--rows", "-r") { Description = "The directory of the build.", HelpName = "DIR", Required = true };
    private readonly Option<bool> _dry = new("--dry-run") { Description = "Says what it would take out, and leaves the files as they are. Exit code 1 when there is anything." };
    private readonly Option<bool> _unknown = new("--drop-unknown") { Description = "Takes rows out too whose decisions the journal does not hold any more: nobody can tell whose they are." };
    private readonly NodeOptions _node;
    private readonly TimeProvider _clock;
    private readonly TextWriter _output;

    private FeatureForgetCommand(Command command, TimeProvider clock, TextWriter output)
    {
        (_clock, _output) = (clock, output);
        command.Arguments.Add(_data);
        foreach (Option option in (Option[])[_rows, _dry, _unknown])
        {
            command.Options.Add(option);
        }

        _node = new NodeOptions().AddTo(command);
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(() => RunAsync(parsed, cancellation), parsed));
    }

    public static Command Create(TimeProvider clock, TextWriter output)
    {
        var command = new Command("forget", """
            Takes the rows of persons who were erased since out of the files of `features build`; all other rows stay as they are, bit for bit. Files in which nothing is found are not touched.
            The journal says whose a decision was: run it after erasures, before journal.retention has taken the decisions. Exit code 1 when rows are left of which nobody can tell.

            Examples:
              millrace features forget --rows rows
              millrace features forget ./data --rows rows --dry-run
            """);
        _ = new FeatureForgetCommand(command, clock, output);
        return command;
    }

    private async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var config = _node.SourceOf(parsed).Load();
        var request = new ForgetRequest { Directory = parsed.GetValue(_rows)!, Keep = parsed.GetValue(_dry), DropUnknown = parsed.GetValue(_unknown) };
        if (!Directory.Exists(request.Directory))
        {
            throw new NodeStartException(ExitCode.Usage, $"--rows: there is no directory '{request.Directory}'");
        }

        var error = parsed.InvocationConfiguration.Error;
        using var files = JournalFiles.Open(parsed.GetValue(_data) ?? config.Node.Data);
        using var reader = files.Inspection.OpenReader();
        var run = new ForgetRun(reader, NodeServices.OptionsOf(config.Folding).Tenant, request, (position, fault) => error.WriteLine($"skipped: {position} is no fact: {fault.Message}"));
        var outcome = await new AtProgress(error, !Console.IsErrorRedirected, _clock).FollowAsync(() => run.RunAsync(cancellation), () => run.Progress);
        await _output.WriteAsync(outcome.ToString());
        var left = request.DropUnknown && !request.Keep ? 0 : outcome.UnknownRows;
        return left > 0 || (request.Keep && outcome.Rows > 0) ? ExitCode.Failure : ExitCode.Ok;
    }
}
