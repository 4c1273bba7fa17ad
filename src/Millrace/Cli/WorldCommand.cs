using System.CommandLine;
using System.Globalization;
using Millrace.WorldRuns;

namespace Millrace.Cli;

/// <summary><c>millrace world</c>: lets methods loose on synthetic worlds, where what would have been best is known.</summary>
internal static class WorldCommand
{
    private static readonly Argument<string[]> Scenarios = Names("scenario", "Which worlds; all when none is named.", () => WorldScenarios.All.Select(scenario => scenario.Name));
    private static readonly Option<string[]> Methods = new("--method")
    {
        Description = "Which methods, by comma; default: all of the scenario.",
        HelpName = "NAME,…",
        CustomParser = result => [.. result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))],
    };

    private static readonly Option<int> Seeds = Number("--seeds", "How many worlds, with seeds in a row.", 30, 1, 10_000);
    private static readonly Option<int> FirstSeed = Number("--first-seed", "The first seed.", 1, 0, int.MaxValue);
    private static readonly Option<int?> Views = new("--views") { Description = "Views of each run; default: the scenario's.", HelpName = "N" };
    /// <summary>So many runs make a line where the progress goes to a file.</summary>
    private const int TellEvery = 10;

    private static readonly Option<int> AtATime = Number("--parallel", "Runs at a time; default: the processors.", Environment.ProcessorCount, 1, 1024);

    public static Command Create(TimeProvider clock, TextWriter output)
    {
        var command = new Command("world", $"""
            Runs the code that decides in a node in synthetic worlds, on virtual time, and says which share of the best possible clicks each method earns, beside
            baselines, paired by seed. Methods learn from what events tell and from nothing else.

            Scenarios:
            {string.Concat(WorldScenarios.All.Select(scenario => $"  {scenario.Name,-12} {scenario.Description}\n"))}
            Examples:
              millrace world stationary
              millrace world drifting flood --method uniform,greedy,epsilon-greedy --seeds 5
            """);
        command.Arguments.Add(Scenarios);
        Views.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is not (null or (>= 2 and <= 100_000_000)))
            {
                result.AddError("--views: expected 2 to 100000000.");
            }
        });
        foreach (Option option in (Option[])[Methods, Seeds, FirstSeed, Views, AtATime])
        {
            command.Options.Add(option);
        }

        command.Subcommands.Add(WorldFairnessCommand.Create(output));
        command.Subcommands.Add(WorldBiasCommand.Create(output));
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(() => RunAsync(parsed, clock, output, cancellation), parsed));
        return command;
    }

    private static async Task<ExitCode> RunAsync(ParseResult parsed, TimeProvider clock, TextWriter output, CancellationToken cancellation)
    {
        string[] names = parsed.GetValue(Scenarios) is { Length: > 0 } given ? given : [.. WorldScenarios.All.Select(scenario => scenario.Name)];
        ulong[] seeds = [.. Enumerable.Range(0, parsed.GetValue(Seeds)).Select(seed => (ulong)parsed.GetValue(FirstSeed) + (ulong)seed)];
        var error = parsed.InvocationConfiguration.Error;
        // Before the first run, which may take long.
        (WorldScenario Scenario, WorldMethod[] Methods)[] runs =
            [.. names.Select(name => WorldScenarios.Named(name)!).Select(scenario => (scenario, MethodsOf(scenario, parsed.GetValue(Methods))))];
        foreach (var (scenario, methods) in runs)
        {
            var started = clock.GetTimestamp();
            var report = ScenarioRun.Run(
                scenario, methods, seeds, parsed.GetValue(Views) ?? scenario.Views, parsed.GetValue(AtATime), (done, all) => Tell(error, scenario, done, all), cancellation);
            await output.WriteLineAsync(report.ToText());
            await error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{scenario.Name}: {clock.GetElapsedTime(started).TotalSeconds:F0} s; views for each second of processor time, the world's part among it:"));
            foreach (var method in report.Methods)
            {
                await error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  {method.Name,-16} {method.Speed(report.Views):N0}"));
            }
        }

        return ExitCode.Ok;
    }

    private static WorldMethod[] MethodsOf(WorldScenario scenario, string[]? named) => named is not { Length: > 0 }
        ? [.. scenario.Methods]
        : [.. named.Distinct().Select(name => scenario.Methods.FirstOrDefault(method => method.Name == name)
            ?? throw new InvalidDataException($"--method: expected one of {string.Join(", ", scenario.Methods.Select(method => method.Name))}; got '{name}'."))];

    private static void Tell(TextWriter error, WorldScenario scenario, int done, int all)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{scenario.Name}: {done} of {all} runs");
        if (!Console.IsErrorRedirected)
        {
            error.Write($"\r{text}{(done == all ? "\n" : "")}");
        }
        else if (done == all || done % TellEvery == 0)
        {
            error.WriteLine(text);
        }
    }

    private static Argument<string[]> Names(string name, string description, Func<IEnumerable<string>> known)
    {
        var argument = new Argument<string[]>(name) { Description = description, Arity = ArgumentArity.ZeroOrMore };
        argument.Validators.Add(result =>
        {
            foreach (var text in result.Tokens.Select(token => token.Value).Where(text => !known().Contains(text)))
            {
                result.AddError($"{name}: expected one of {string.Join(", ", known())}; got '{text}'.");
            }
        });
        return argument;
    }

    private static Option<int> Number(string name, string description, int usual, int least, int most)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual, HelpName = "N" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is var value && (value < least || value > most))
            {
                result.AddError($"{name}: expected {least} to {most}.");
            }
        });
        return option;
    }
}
