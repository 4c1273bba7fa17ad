using System.CommandLine;
using System.Runtime.InteropServices;
using Millrace.Node;

namespace Millrace.Cli;

/// <summary><c>millrace up</c>: runs a node until a signal ends it.</summary>
internal static class UpCommand
{
    public static Command Create(TimeProvider clock, TextWriter output)
    {
        var command = new Command("up", """
            Runs a node: delivery, api and admin listeners over one data directory. SIGTERM or Ctrl-C drains it, a second one cuts; SIGHUP reloads the file.

            Examples:
              millrace up
              millrace up --config millrace.yaml --data /var/lib/millrace
              millrace up --log text --set listen.api=127.0.0.1:9001
            """);
        var options = new NodeOptions().AddTo(command);
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(() => RunAsync(options, parsed, clock, output, cancellation), parsed));
        return command;
    }

    private static async Task<ExitCode> RunAsync(NodeOptions options, ParseResult parsed, TimeProvider clock, TextWriter output, CancellationToken cancellation)
    {
        var ending = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var cut = new CancellationTokenSource();
        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            if (!ending.TrySetResult())
            {
                cut.Cancel();
            }
        }

        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var cancelled = cancellation.Register(() => ending.TrySetResult());
        await using var node = await MillraceNode.StartAsync(options.SourceOf(parsed), clock, cancellation);
        using var reload = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            node.Services.Config.Reload();
        });
        await GreetAsync(node, output);
        await ending.Task;
        return await node.StopAsync(cut.Token) ? ExitCode.Ok : ExitCode.DrainAborted;
    }

    private static async Task GreetAsync(MillraceNode node, TextWriter output)
    {
        await output.WriteLineAsync($"millrace is up: delivery {node.Delivery.Url}  api {node.Api.Url}  admin {node.Admin.Url}");
        if (node.FirstKeys.Count > 0)
        {
            await output.WriteLineAsync("Keys were made for this data directory. They are shown this once; only their hashes are kept.");
            foreach (var (scope, secret) in node.FirstKeys)
            {
                await output.WriteLineAsync($"  {scope.ToString().ToLowerInvariant(),-7}{secret}");
            }
        }

        await output.FlushAsync();
    }
}
