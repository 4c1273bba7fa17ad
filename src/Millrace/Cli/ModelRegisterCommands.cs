using System.CommandLine;
using Millrace.Journal;
using Millrace.Models.Manifest;
using Millrace.Models.Registry;
using Millrace.Node;
using Millrace.Train;

namespace Millrace.Cli;

/// <summary>Those of <c>millrace models</c> that write: a key, a version, a move of an alias.</summary>
internal static class ModelRegisterCommands
{
    internal static Command Key(TextWriter output)
    {
        var command = new Command("key", "Makes a key that signs manifests (ECDSA P-256), and trusts it in this data directory. Example: millrace models key signing.pem");
        var file = new Argument<string>("file") { Description = "Takes the private key, as PEM; only its owner may read it. It must not be there yet." };
        var options = new NodeOptions().AddTo(command);
        command.Arguments.Add(file);
        command.SetAction((parsed, _) => CommandGuard.RunAsync(
            async () =>
            {
                using var key = SigningKey.Create();
                var store = ModelStore.Open(options, parsed);
                var mode = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
                if (!OperatingSystem.IsWindows()) mode.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
                await using (var secret = new StreamWriter(parsed.GetValue(file)!, mode))
                {
                    await secret.WriteAsync(key.PrivatePem);
                }

                var trusted = Path.Combine(Directory.CreateDirectory(store.TrustFolder).FullName, $"{key.Id[..16]}.pem");
                await File.WriteAllTextAsync(trusted, key.PublicPem);
                await output.WriteLineAsync($"key {key.Id}\ntrusted by {trusted}");
                return ExitCode.Ok;
            },
            parsed));
        return command;
    }

    internal static Command Register(TimeProvider clock, TextWriter output)
    {
        var command = new Command("register", "Signs what 'millrace train' left in a directory and registers it as the next version. Example: millrace models register home-click model --key signing.pem");
        var name = new Argument<string>("name") { Description = "The model's name: lower-case letters, digits and hyphens." };
        var folder = new Argument<string>("dir") { Description = "What 'millrace train --out' wrote." };
        var key = new Option<string>("--key") { Description = "The private key that signs.", HelpName = "FILE", Required = true };
        var head = new Option<string?>("--head") { Description = "What it predicts, as policies name it.", HelpName = "NAME" };
        var purpose = new Option<string?>("--purpose") { Description = "What it is for, in words.", HelpName = "TEXT" };
        var limits = new Option<string?>("--limits") { Description = "What it must not be used for, in words.", HelpName = "TEXT" };
        var options = new NodeOptions().AddTo(command);
        command.Arguments.Add(name);
        command.Arguments.Add(folder);
        foreach (Option option in (Option[])[key, head, purpose, limits]) command.Options.Add(option);
        command.SetAction((parsed, _) => CommandGuard.RunAsync(
            async () =>
            {
                var named = parsed.GetValue(name)!;
                if (!ModelReference.IsName(named)) throw new NodeStartException(ExitCode.Usage, $"expected a name of lower-case letters, digits and hyphens; got '{named}'");
                using var signing = SigningKey.FromPem(await File.ReadAllTextAsync(parsed.GetValue(key)!));
                var (manifest, model) = TrainedManifest.Read(parsed.GetValue(folder)!, named, UnixMicros.From(clock.GetUtcNow()).Value);
                manifest = manifest with { Head = parsed.GetValue(head), Purpose = parsed.GetValue(purpose), Limits = parsed.GetValue(limits) };
                await output.WriteLineAsync($"{Add(ModelStore.Open(options, parsed), signing, manifest, model)}");
                return ExitCode.Ok;
            },
            parsed));
        return command;
    }

    internal static Command Alias(TimeProvider clock, TextWriter output)
    {
        var command = new Command("alias", """
            Moves an alias, by one entry in a log that is only appended to. The version is verified first: what is refused leaves the alias where it was.

            Examples:
              millrace models alias home-click candidate 8
              millrace models alias home-click current previous --why "clicks fell"
            """);
        var name = new Argument<string>("name") { Description = "The model." };
        var alias = new Argument<ModelAlias>("alias") { Description = "current or candidate." };
        var version = new Argument<string>("version") { Description = "A number; current, candidate or previous for what that means now; none." };
        var why = new Option<string>("--why") { Description = "Stands in the log.", HelpName = "TEXT", DefaultValueFactory = _ => "" };
        var options = new NodeOptions().AddTo(command);
        foreach (Argument argument in (Argument[])[name, alias, version]) command.Arguments.Add(argument);
        command.Options.Add(why);
        command.SetAction((parsed, _) => CommandGuard.RunAsync(
            async () =>
            {
                if (parsed.GetValue(alias) == ModelAlias.Previous) throw new NodeStartException(ExitCode.Usage, "previous follows from the moves of current: move current");
                var (store, named, which) = (ModelStore.Open(options, parsed), parsed.GetValue(name)!, parsed.GetValue(version)!);
                var model = which == "none" ? null : store.Find($"{named}@{which}");
                if (model is not null) store.Verified(model);
                store.Registry.TryMove(new AliasMove(named, parsed.GetValue(alias), model?.Version, UnixMicros.From(clock.GetUtcNow()).Value, parsed.GetValue(why)!));
                await output.WriteLineAsync(model is null ? $"{named} has no {parsed.GetValue(alias)}" : $"{model} {store.Aliases(model)}");
                return ExitCode.Ok;
            },
            parsed));
        return command;
    }

    // The number stands in what is signed: whoever lost the race for it signs again for the next.
    private static RegisteredModel Add(ModelStore store, SigningKey key, ModelManifest manifest, byte[] model)
    {
        var verifier = store.Verifier();
        while (true)
        {
            var next = manifest with { Version = store.Registry.Versions(manifest.Name) is [.., var last] ? last.Version + 1 : 1 };
            var envelope = key.Sign(next).ToBytes();
            try
            {
                verifier.Check(verifier.Manifest(envelope), model);
            }
            catch (ModelRefusedException refused)
            {
                throw new NodeStartException(ExitCode.Failure, $"it would be refused here: {refused.Message}");
            }

            store.Shelf.Put(model);
            var added = new RegisteredModel(next.Name, next.Version, next.Digest, envelope);
            if (store.Registry.TryAdd(added)) return added;
        }
    }
}
