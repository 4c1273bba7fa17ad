using System.CommandLine;
using Millrace.Models.Manifest;

namespace Millrace.Cli;

/// <summary><c>millrace models</c>: the registry of a data directory.</summary>
internal static class ModelsCommands
{
    public static Command Create(TimeProvider clock, TextWriter output)
    {
        var command = new Command("models", """
            The registry of models of a data directory: versions that never change, each with a signed manifest, and aliases that say which serves. Works beside a running node.
            docs/MODELS.md has the format of manifests, and how others verify them.

            Examples:
              millrace models key signing.pem
              millrace models register home-click model --key signing.pem
              millrace models alias home-click current 7 --why "passed its canary"
              millrace models alias home-click current previous --why "clicks fell"
              millrace models show home-click
            """);
        command.Subcommands.Add(ModelRegisterCommands.Key(output));
        command.Subcommands.Add(ModelRegisterCommands.Register(clock, output));
        command.Subcommands.Add(ModelRegisterCommands.Alias(clock, output));
        command.Subcommands.Add(List(output));
        command.Subcommands.Add(Show(output));
        command.Subcommands.Add(Diff(output));
        command.Subcommands.Add(Verify(output));
        command.Subcommands.Add(Export(output));
        return command;
    }

    private static Command List(TextWriter output)
    {
        var command = new Command("list", "Lists models, or the versions of one. Example: millrace models list home-click");
        var name = new Argument<string?>("name") { Description = "A model. Default: the names of all.", Arity = ArgumentArity.ZeroOrOne };
        command.Arguments.Add(name);
        return Ending(command, (store, parsed) =>
        {
            foreach (var line in parsed.GetValue(name) is { } one ? store.Registry.Versions(one).Select(model => $"{model} {model.Digest} {store.Aliases(model)}".TrimEnd()) : store.Registry.Names())
            {
                output.WriteLine(line);
            }
        });
    }

    private static Command Show(TextWriter output)
    {
        var command = new Command("show", "Prints the model card of a version, in Markdown, once its signature is verified. Example: millrace models show home-click@7");
        var model = Reference("model");
        var json = new Option<bool>("--json") { Description = "Prints the manifest's bytes instead." };
        command.Arguments.Add(model);
        command.Options.Add(json);
        return Ending(command, (store, parsed) =>
        {
            var manifest = store.ManifestOf(store.Find(parsed.GetValue(model)!));
            output.WriteLine(parsed.GetValue(json) ? System.Text.Encoding.UTF8.GetString(ManifestJson.Write(manifest)) : ModelCard.Of(manifest).TrimEnd());
        });
    }

    private static Command Diff(TextWriter output)
    {
        var command = new Command("diff", "Says in what two versions differ. Example: millrace models diff home-click@previous home-click");
        var (first, second) = (Reference("first"), Reference("second"));
        command.Arguments.Add(first);
        command.Arguments.Add(second);
        return Ending(command, (store, parsed) =>
        {
            foreach (var line in ManifestDiff.Lines(store.ManifestOf(store.Find(parsed.GetValue(first)!)), store.ManifestOf(store.Find(parsed.GetValue(second)!))))
            {
                output.WriteLine(line);
            }
        });
    }

    private static Command Verify(TextWriter output)
    {
        var command = new Command("verify", "Checks signature, size, digest, bounds and features of a version, in this order, or says why it is refused. Example: millrace models verify home-click@7");
        var model = Reference("model");
        command.Arguments.Add(model);
        return Ending(command, (store, parsed) =>
        {
            var found = store.Find(parsed.GetValue(model)!);
            output.WriteLine($"{found} is what was signed: {store.Verified(found).Manifest.Digest}");
        });
    }

    private static Command Export(TextWriter output)
    {
        var command = new Command("export", "Writes the file of a version and its signed manifest, once both are verified. Example: millrace models export home-click@7 --out exported");
        var model = Reference("model");
        var into = new Option<string>("--out", "-o") { Description = "The directory that takes model and manifest.dsse.json.", HelpName = "DIR", Required = true };
        command.Arguments.Add(model);
        command.Options.Add(into);
        return Ending(command, (store, parsed) =>
        {
            var found = store.Find(parsed.GetValue(model)!);
            var (manifest, bytes) = store.Verified(found);
            var folder = Directory.CreateDirectory(parsed.GetValue(into)!).FullName;
            Write(Path.Combine(folder, "model"), bytes);
            Write(Path.Combine(folder, "manifest.dsse.json"), found.Envelope.ToArray());
            output.WriteLine($"{manifest} is in {folder}");
        });
    }

    private static void Write(string path, byte[] bytes)
    {
        using (var file = new FileStream(path + ".part", FileMode.Create, FileAccess.Write))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".part", path, overwrite: true);
    }

    private static Argument<string> Reference(string name) => new(name) { Description = "NAME, NAME@VERSION, or NAME@current, candidate or previous." };

    private static Command Ending(Command command, Action<ModelStore, ParseResult> run)
    {
        var options = new NodeOptions().AddTo(command);
        command.SetAction((parsed, _) => CommandGuard.RunAsync(
            () =>
            {
                run(ModelStore.Open(options, parsed), parsed);
                return Task.FromResult(ExitCode.Ok);
            },
            parsed));
        return command;
    }
}
