using System.CommandLine;
using System.Runtime.InteropServices;
using Millrace.Demo;
using Millrace.Node.Configuration;
using Millrace.World.Clicks;
using Spectre.Console;

namespace Millrace.Cli;

/// <summary><c>millrace demo</c>: a node, an origin and an audience on this machine, to watch it learn.</summary>
internal static class DemoCommand
{
    /// <summary>The command.</summary>
    /// <param name="clock">The demo's time.</param>
    /// <param name="output">Where it is shown; a live view when this is a terminal.</param>
    public static Command Create(TimeProvider clock, TextWriter output)
    {
        var command = new Command("demo", """
            Starts an origin with generated pages, a node before it, and an audience with a known truth, and shows the click rate rise.

            The click rate stands between that of a random list and that of an oracle that knows every visitor's mind. Ctrl-C ends it.

            Examples:
              millrace demo
              millrace demo --for 60s --rate 100
              millrace demo --click-model cascade --seed 7 --keep
            """);
        var span = Text("--for", "How long; default: until Ctrl-C. Like 60s, 5m, 1h.", "DURATION");
        var users = Number("--users", "People in the world.", new DemoOptions().Users, 1, 10_000_000);
        var rate = new Option<double>("--rate") { Description = "Decisions per second.", DefaultValueFactory = _ => new DemoOptions().Rate, HelpName = "N" };
        rate.Validators.Add(parsed =>
        {
            if (parsed.Tokens.Count > 0 && parsed.GetValueOrDefault<double>() is not (>= 0.1 and <= 10_000))
            {
                parsed.AddError("--rate: expected a number from 0.1 to 10000");
            }
        });
        var seed = new Option<ulong>("--seed") { Description = "Another seed is another world.", DefaultValueFactory = _ => 1, HelpName = "N" };
        var model = new Option<string>("--click-model") { Description = "How people look and click.", DefaultValueFactory = _ => "position" };
        model.AcceptOnlyFromAmong([.. ClickModels.All.Select(known => known.Name)]);
        var keep = new Option<bool>("--keep") { Description = $"Keep the data directory {DemoOptions.KeptDirectory}; else it is a temporary one." };
        var port = Number("--port", "The delivery listener's port; api, admin and origin take the next three. 0 takes free ones.", new DemoOptions().Port, 0, 65_000);
        foreach (var option in (Option[])[span, users, rate, seed, model, keep, port])
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(
            async () =>
            {
                var options = new DemoOptions
                {
                    For = parsed.GetValue(span) is { } text ? Quantities.ParseDuration(text) : null,
                    Users = parsed.GetValue(users),
                    Rate = parsed.GetValue(rate),
                    Seed = parsed.GetValue(seed),
                    ClickModel = ClickModels.Named(parsed.GetValue(model)!),
                    Keep = parsed.GetValue(keep),
                    Port = parsed.GetValue(port),
                };
                var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                void Stop(PosixSignalContext signal)
                {
                    signal.Cancel = true;
                    stop.Cancel();
                }

                using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
                using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
                await new DemoRun(options, console, clock).RunAsync(stop.Token);
                return ExitCode.Ok;
            },
            parsed));
        return command;
    }

    private static Option<string?> Text(string name, string description, string help)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = help };
        option.Validators.Add(parsed =>
        {
            if (parsed.GetValueOrDefault<string?>() is { } text && Quantities.ParseDuration(text) is null)
            {
                parsed.AddError($"{name}: expected {Quantities.DurationExpected}, got '{text}'");
            }
        });
        return option;
    }

    private static Option<int> Number(string name, string description, int usual, int least, int most)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual, HelpName = "N" };
        option.Validators.Add(parsed =>
        {
            if (parsed.Tokens.Count > 0 && (parsed.GetValueOrDefault<int>() < least || parsed.GetValueOrDefault<int>() > most))
            {
                parsed.AddError($"{name}: expected a number from {least} to {most}");
            }
        });
        return option;
    }
}
