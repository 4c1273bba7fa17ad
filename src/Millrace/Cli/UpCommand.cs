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
            Runs a node: delivery, api and admin listeners over one data directory. SIGTERM turns readiness off, takes requests for
            limits.drainGrace and drains; Ctrl-C drains at once; a second one of either cuts. SIGHUP reloads the file and
            reopens the access log.

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
        SocketThreads.AnswerWhereReceived();
        var ending = new TaskCompletionSource<PosixSignal>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var cut = new CancellationTokenSource();
        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            if (!ending.TrySetResult(signal.Signal))
            {
                cut.Cancel();
            }
        }

        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var cancelled = cancellation.Register(() => ending.TrySetResult(PosixSignal.SIGINT));
        await using var node = await MillraceNode.StartAsync(options.SourceOf(parsed), clock, cancellation);
        using var reload = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            node.Reload();
        });
        await GreetAsync(node, output);

        // A supervisor's balancers need the grace; somebody at a terminal does not.
        var grace = await ending.Task == PosixSignal.SIGTERM ? node.Services.Config.Current.Limits.DrainGrace : TimeSpan.Zero;
        return await node.StopAsync(grace, cut.Token) ? ExitCode.Ok : ExitCode.DrainAborted;
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
