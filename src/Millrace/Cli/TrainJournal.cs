using System.CommandLine;
using Millrace.Journal;
using Millrace.Node;

namespace Millrace.Cli;

/// <summary>
/// Has <c>features build</c> and <c>labels build</c> make what <c>train</c> learns from, in directories of its own: what an earlier run completed is kept, and what came late since is in it.
/// </summary>
internal sealed class TrainJournal(TimeProvider clock)
{
    private readonly Option<string> _slice = new("--slice") { Description = "How much time a file of rows and labels covers: what a killed build makes again.", HelpName = "DURATION", DefaultValueFactory = _ => "1h" };
    private readonly Option<bool> _allow = new("--allow-missing") { Description = "Learns although rows of some decisions of the journal cannot be built again; 'features build' says why." };
    private readonly Option<bool> _any = new("--any-definitions") { Description = "Learns from decisions that were taken under other definitions too, with what the present ones would have said." };
    private readonly NodeOptions _node = new();

    internal TrainJournal AddTo(Command command)
    {
        command.Options.Add(_slice);
        command.Options.Add(_allow);
        command.Options.Add(_any);
        _node.AddTo(command, hasLog: false);
        return this;
    }

    /// <summary>Builds both.</summary>
    /// <param name="parsed">The command line, and where progress goes.</param>
    /// <param name="from">Decisions taken at or after it.</param>
    /// <param name="to">Decisions taken before it.</param>
    /// <param name="into">The directory of the training.</param>
    /// <param name="cancellation">Ends either build; what is complete stays.</param>
    /// <returns>The directories of rows and of labels.</returns>
    /// <exception cref="NodeStartException">A build was refused, or could not be finished; it has said why.</exception>
    internal async Task<(string Rows, string Labels)> BuildAsync(ParseResult parsed, UnixMicros from, UnixMicros to, string into, CancellationToken cancellation)
    {
        var (rows, labels) = (Path.Combine(into, "rows"), Path.Combine(into, "labels"));
        var error = parsed.InvocationConfiguration.Error;
        await RunAsync(FeatureCommands.Create(clock, error), rows, [.. Given(_allow), .. Given(_any)]);
        await RunAsync(LabelCommands.Create(clock, error), labels);
        return (rows, labels);

        string[] Given(Option<bool> option) => parsed.GetValue(option) ? [option.Name] : [];

        async Task RunAsync(Command command, string directory, params string[] options)
        {
            string[] arguments = ["build", "--from", from.ToString(), "--to", to.ToString(), "--out", directory, "--slice", parsed.GetValue(_slice)!, .. options, .. _node.ArgumentsOf(parsed)];
            var code = await command.Parse(arguments).InvokeAsync(parsed.InvocationConfiguration, cancellation);
            if (code != (int)ExitCode.Ok)
            {
                throw new NodeStartException((ExitCode)code, $"nothing is trained: 'millrace {command.Name} build' of {directory} ended with exit code {code}");
            }
        }
    }
}
