using System.CommandLine;
using System.Text.Json;
using Millrace.Node.Configuration;

namespace Millrace.Cli;

/// <summary><c>millrace config print</c> and <c>millrace schema</c>.</summary>
internal static class ConfigCommands
{
    public static Command CreateConfig(TextWriter output)
    {
        var print = new Command("print", """
            Prints the configuration in force: file, environment, flags and defaults together, as JSON.

            Examples:
              millrace config print
              MILLRACE_LISTEN_API=:9001 millrace config print --set log.level=debug
            """);
        var options = new NodeOptions().AddTo(print);
        print.SetAction((parsed, _) => CommandGuard.RunAsync(
            async () =>
            {
                await output.WriteLineAsync(JsonSerializer.Serialize(options.SourceOf(parsed).Load(), ConfigJson.Options));
                return ExitCode.Ok;
            },
            parsed));
        var reference = new Command("reference", "Prints docs/CONFIGURATION.md: every setting with its default and why. Example: millrace config reference");
        reference.SetAction(async (_, _) =>
        {
            await output.WriteAsync(ConfigReference.Text());
            return (int)ExitCode.Ok;
        });
        var command = new Command("config", "Shows configuration. Example: millrace config print");
        command.Subcommands.Add(print);
        command.Subcommands.Add(reference);
        return command;
    }

    public static Command CreateSchema(TextWriter output)
    {
        var command = new Command("schema", """
            Prints the JSON Schema of millrace.yaml, for editors.

            Example:
              millrace schema > millrace.schema.json    (then, as the first line of the YAML:  # yaml-language-server: $schema=millrace.schema.json)
            """);
        command.SetAction(async (_, _) =>
        {
            await output.WriteAsync(ConfigSchema.Text());
            return (int)ExitCode.Ok;
        });
        return command;
    }
}
