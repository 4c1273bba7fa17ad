using System.CommandLine;
using Millrace.FeatureAt;
using Millrace.FeatureForget;
using Millrace.Journal;
using Millrace.Node;

namespace Millrace.Cli;

/// <summary><c>millrace features forget</c>: takes the rows of erased persons out of training rows that were built before.</summary>
internal sealed class FeatureForgetCommand
{
    private const int MostSkipsSaid = 20;

    private readonly Argument<string?> _data = new("data") { Description = "The node's data directory, or the journal's own. Default: node.data.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string> _rows = new("--rows", "-r") { Description = "The directory of the build.", HelpName = "DIR", Required = true };
    private readonly Option<bool> _dry = new("--dry-run") { Description = "Says what it would take out, and leaves the files as they are. Exit code 1 when there is anything." };
    private readonly Option<bool> _unknown = new("--drop-unknown") { Description = "Takes rows out too whose decisions retention has taken from the journal: nobody can tell whose they are." };
    private readonly Option<bool> _unreadable = new("--drop-unreadable") { Description = "Takes rows out too whose decisions the journal should hold, and that cannot be found or read: of damaged records and lost keys. They may be anybody's." };
    private readonly NodeOptions _node;
    private readonly TimeProvider _clock;
    private readonly TextWriter _output;

    private FeatureForgetCommand(Command command, TimeProvider clock, TextWriter output)
    {
        (_clock, _output) = (clock, output);
        command.Arguments.Add(_data);
        foreach (Option option in (Option[])[_rows, _dry, _unknown, _unreadable])
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
            The journal says whose a decision was: run it after erasures, before journal.retention has taken the decisions. It needs the node's key file, and refuses the
            files of another journal. Exit code 1 when rows are left of which nobody can tell, when a file cannot be looked through, and when there is none.

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
        var directory = parsed.GetValue(_rows)!;
        if (!Directory.Exists(directory))
        {
            throw new NodeStartException(ExitCode.Usage, $"--rows: there is no directory '{directory}'");
        }

        var error = parsed.InvocationConfiguration.Error;
        using var files = JournalFiles.OpenWithKeys(parsed.GetValue(_data) ?? config.Node.Data);
        using var reader = files.OpenErasureReader();
        var request = new ForgetRequest
        {
            Directory = directory,
            Journal = files.JournalName,
            KeysAreNamed = files.KeysAreNamed,
            Keep = parsed.GetValue(_dry),
            DropUnknown = parsed.GetValue(_unknown),
            DropUnreadable = parsed.GetValue(_unreadable),
        };
        var skipped = new HashSet<Position>(); // A record may be read twice.
        var run = new ForgetRun(reader, NodeServices.OptionsOf(config.Folding).Tenant, request, Skip);
        var outcome = await new AtProgress(error, !Console.IsErrorRedirected, _clock).FollowAsync(() => run.RunAsync(cancellation), () => run.Progress);
        await _output.WriteAsync(outcome.ToString());
        if (outcome.Files.IsEmpty)
        {
            await error.WriteLineAsync($"--rows: no file of a build was looked through in '{directory}'");
        }

        return outcome.IsClean ? ExitCode.Ok : ExitCode.Failure;

        void Skip(Position position, Exception fault)
        {
            if (skipped.Count < MostSkipsSaid && skipped.Add(position))
            {
                error.WriteLine($"skipped: {position}: {fault.Message}{(skipped.Count == MostSkipsSaid ? "; there may be more" : "")}");
            }
        }
    }
}
