using System.CommandLine;
using System.Globalization;
using Millrace.Node;

namespace Millrace.Cli;

/// <summary><c>millrace key new|list|revoke</c>: the keys of a data directory that no node holds.</summary>
internal static class KeyCommands
{
    public static Command Create(TimeProvider clock, TextWriter output)
    {
        var command = new Command("key", """
            Makes, lists and revokes keys of a stopped node. A running one holds its data directory: ask its admin listener, GET and POST /v1/keys, DELETE
            /v1/keys/{id}.

            Examples:
              millrace key new --scope events
              millrace key list
              millrace key revoke 98rzYM0v
            """);
        command.Subcommands.Add(New(clock, output));
        command.Subcommands.Add(List(clock, output));
        command.Subcommands.Add(Revoke(clock, output));
        return command;
    }

    private static Command New(TimeProvider clock, TextWriter output)
    {
        var command = new Command("new", "Makes a key and shows its secret, this once. Example: millrace key new --scope api");
        var options = new NodeOptions().AddTo(command);
        var scope = new Option<KeyScope>("--scope") { Description = "admin (everything), api (decide, events, items) or events (for browsers).", DefaultValueFactory = _ => KeyScope.Api, HelpName = "admin|api|events" };
        var tenant = new Option<string>("--tenant") { Description = "The namespace that its holder acts in; only default is served yet.", DefaultValueFactory = _ => Tenants.Default };
        tenant.Validators.Add(parsed =>
        {
            if (Tenants.Fault(parsed.GetValueOrDefault<string>() ?? "") is { } fault)
            {
                parsed.AddError($"--tenant: {fault}");
            }
        });
        command.Options.Add(scope);
        command.Options.Add(tenant);
        command.SetAction((parsed, _) => WithKeysAsync(options, parsed, clock, mayMake: true, keys =>
        {
            output.WriteLine(keys.Create(parsed.GetValue(scope), parsed.GetValue(tenant)!));
            return ExitCode.Ok;
        }));
        return command;
    }

    private static Command List(TimeProvider clock, TextWriter output)
    {
        var command = new Command("list", "Lists the keys; secrets are not kept. Example: millrace key list --data ./data");
        var options = new NodeOptions().AddTo(command);
        command.SetAction((parsed, _) => WithKeysAsync(options, parsed, clock, mayMake: false, keys =>
        {
            if (!keys.All.Any())
            {
                output.WriteLine("there are no keys; `millrace key new` makes one, and so does the first start");
            }

            foreach (var key in keys.All)
            {
                output.WriteLine($"{key.Id}  {key.Scope.ToString().ToLowerInvariant(),-7} {key.Tenant,-16} {key.Created.ToString("u", CultureInfo.InvariantCulture)}");
            }

            return ExitCode.Ok;
        }));
        return command;
    }

    private static Command Revoke(TimeProvider clock, TextWriter output)
    {
        var command = new Command("revoke", "Revokes a key by its id. Example: millrace key revoke 98rzYM0v");
        var options = new NodeOptions().AddTo(command);
        var id = new Argument<string>("id") { Description = "The eight characters after 'mr_' in the secret." };
        command.Arguments.Add(id);
        command.SetAction((parsed, _) => WithKeysAsync(options, parsed, clock, mayMake: false, keys =>
        {
            var revoked = keys.Revoke(parsed.GetValue(id)!);
            output.WriteLine(revoked ? "revoked" : "there is no key of that id; `millrace key list` shows all");
            return revoked ? ExitCode.Ok : ExitCode.Failure;
        }));
        return command;
    }

    private static Task<int> WithKeysAsync(NodeOptions options, ParseResult parsed, TimeProvider clock, bool mayMake, Func<AccessKeys, ExitCode> use) => CommandGuard.RunAsync(
        () =>
        {
            var path = options.SourceOf(parsed).Load().Node.Data;
            if (!mayMake && !Directory.Exists(path))
            {
                throw new NodeStartException(ExitCode.DataUnusable, $"There is no data directory {Path.GetFullPath(path)}. Name it by --data or node.data.");
            }

            using var data = OpenStopped(path);
            return Task.FromResult(use(AccessKeys.Open(data, clock)));
        },
        parsed);

    private static DataDirectory OpenStopped(string path)
    {
        try
        {
            return DataDirectory.Open(path);
        }
        catch (NodeStartException held) when (held.Code == ExitCode.DataLocked)
        {
            throw new NodeStartException(
                held.Code, $"A node runs on {Path.GetFullPath(path)} and keeps its keys in memory. Ask its admin listener (GET and POST /v1/keys, DELETE /v1/keys/<id>), or stop it first.", held);
        }
    }
}
