using System.CommandLine;
using Millrace.Node;
using Millrace.Node.Configuration;

namespace Millrace.Cli;

/// <summary><c>millrace validate</c>: checks a configuration without starting anything.</summary>
internal static class ValidateCommand
{
    public static Command Create(TextWriter output)
    {
        var command = new Command("validate", """
            Checks the configuration with its overrides, and prints all faults at once, each with its line and column; warns of what is allowed and
            dangerous, and reads models and certificates, and looks at the other files that are named. Starts and writes nothing: whether ports are free and folders can be
            written, `millrace doctor` tries.

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
                var files = NamedFiles.Look(config).ToArray();
                var refused = files.Where(static file => file.Verdict == Verdict.Fail).ToArray();
                if (refused.Length > 0)
                {
                    throw new ConfigInvalidException(
                        [.. refused.Select(file => new ConfigFault(new ConfigMark(source.File ?? "defaults", 0, 0), file.Subject, "files that a start can use", file.Says))]);
                }

                await output.WriteLineAsync(
                    $"{source.File ?? "defaults"}: ok ({config.Routes.Length} routes, {config.Features.Length} features, {config.Policies.Count} policies{Models(config)}, {config.Surfaces.Count} surfaces)");
                foreach (var warning in ConfigWarnings.Of(config).Concat(files.Select(static file => $"{file.Subject}: {file.Says}")))
                {
                    await output.WriteLineAsync($"warning: {warning}");
                }

                return ExitCode.Ok;
            },
            parsed));
        return command;
    }

    private static string Models(NodeConfig config) => config.Models.Files.Count() is > 0 and var count ? $", {count} models" : "";
}
