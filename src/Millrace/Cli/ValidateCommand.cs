using System.CommandLine;
using Millrace.Node.Configuration;

namespace Millrace.Cli;

/// <summary><c>millrace validate</c>: checks a configuration without starting anything.</summary>
internal static class ValidateCommand
{
    public static Command Create(TextWriter output)
    {
        var command = new Command("validate", """
            Checks the configuration with its overrides, and prints all faults at once, each with its line and column; warns of what is allowed and
            dangerous. Starts nothing.

            Examples:
              millrace validate
              millrace validate --config examples/millrace.yaml
            """);
        var options = new NodeOptions().AddTo(command);
        command.SetAction((parsed, _) => CommandGuard.RunAsync(
            async () =>
            {
                var source = options.SourceOf(parsed);
                var config = source.Load();
                await output.WriteLineAsync(
                    $"{source.File ?? "defaults"}: ok ({config.Routes.Length} routes, {config.Features.Length} features, {config.Policies.Count} policies, {config.Surfaces.Count} surfaces)");
                foreach (var warning in ConfigWarnings.Of(config))
                {
                    await output.WriteLineAsync($"warning: {warning}");
                }

                return ExitCode.Ok;
            },
            parsed));
        return command;
    }
}
