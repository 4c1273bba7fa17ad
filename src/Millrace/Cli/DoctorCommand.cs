using System.CommandLine;
using Millrace.Node;
using Millrace.Node.Configuration;

namespace Millrace.Cli;

/// <summary><c>millrace doctor</c>: would a node start and run well here? Each line says what to do.</summary>
internal static class DoctorCommand
{
    public static Command Create(TimeProvider clock, TextWriter output)
    {
        var command = new Command("doctor", """
            Checks what a node needs here: configuration, data directory, disk, ports, clock, descriptors, origins. Each line is ok, warn or fail, with what
            to do. Starts nothing; ends with 8 when a check failed.

            Examples:
              millrace doctor
              millrace doctor --config millrace.yaml --data /var/lib/millrace
            """);
        var options = new NodeOptions().AddTo(command);
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(() => RunAsync(options.SourceOf(parsed), clock, output, cancellation), parsed));
        return command;
    }

    private static async Task<ExitCode> RunAsync(ConfigSource source, TimeProvider clock, TextWriter output, CancellationToken cancellation)
    {
        NodeConfig config;
        try
        {
            config = source.Load();
        }
        catch (ConfigInvalidException)
        {
            await output.WriteLineAsync("fail  config       the faults follow; correct them and run doctor again");
            throw;
        }

        var failed = false;
        await foreach (var finding in NodeDoctor.ExamineAsync(config, source.File, clock, cancellation))
        {
            failed |= finding.Verdict == Verdict.Fail;
            await output.WriteLineAsync($"{finding.Verdict.ToString().ToLowerInvariant(),-5} {finding.Subject,-12} {finding.Says}");
        }

        return failed ? ExitCode.Unhealthy : ExitCode.Ok;
    }
}
