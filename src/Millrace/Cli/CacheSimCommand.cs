using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Millrace.CacheSim;
using Millrace.CacheSim.Traces;
using Millrace.Delivery.Eviction.Simulation;

namespace Millrace.Cli;

/// <summary><c>millrace cache-sim</c>: replays a trace through eviction policies, beside what the future would have allowed.</summary>
internal static class CacheSimCommand
{
    private static readonly IReadOnlyDictionary<string, TraceFormat> Formats = new Dictionary<string, TraceFormat>(StringComparer.Ordinal)
    {
        ["oracle-general"] = TraceFormat.OracleGeneral, ["csv"] = TraceFormat.Csv, ["epa"] = TraceFormat.Epa, ["combined-log"] = TraceFormat.CombinedLog,
    };

    private static readonly Argument<string> Trace = new("trace") { Description = "The trace, gzipped or not." };
    private static readonly Option<string[]> Policies = List("--policy", "Which policies, by comma.", [.. PolicyNames.Online.Select(static entry => entry.Name)], "NAME,…", static text =>
        PolicyNames.Knows(text) ? null : $"expected one of {string.Join(", ", PolicyNames.All)}; got '{text}'{Nearest(text, PolicyNames.All)}");

    private static readonly Option<string[]> Sizes = List("--size", "Cache sizes, by comma: bytes (128MiB) or shares of the trace's footprint (1%).", ["1%", "10%"], "SIZE,…", static text =>
        CacheSize.Parse(text) is null ? $"expected {CacheSize.Expected}; got '{text}'" : null);

    private static readonly Option<string?> Format = FormatOption();
    private static readonly Option<bool> FirstHalf = new("--judge-first-half") { Description = "Only the first half of the requests counts: what is tuned is tuned on it." };
    private static readonly Option<bool> SecondHalf = new("--judge-second-half") { Description = "Only the second half of the requests counts; the first fills the cache." };
    private static readonly Option<int> Repeat = RepeatOption();
    private static readonly Option<string?> Report = new("--report") { Description = "Writes the results as a JSON array to this file.", HelpName = "FILE" };

    public static Command Create(TimeProvider clock, TextWriter output)
    {
        var command = new Command("cache-sim", """
            Replays a trace of requests through eviction policies at several cache sizes, with the code that the live store runs, and prints request and byte hit
            ratios beside offline schedules that know the future and a bound that nothing exceeds. docs/CACHE-SIM.md explains formats and figures.

            Examples:
              millrace cache-sim cloudPhysicsIO.oracleGeneral.bin --policy lru,sieve,default --size 128MiB,1GiB --report out.json
              millrace cache-sim access.log.gz --size 1%,10% --judge-second-half
              millrace cache-sim requests.csv --format csv        (a header line that names the columns key and size)
            """);
        command.Arguments.Add(Trace);
        foreach (Option option in (Option[])[Policies, Sizes, Format, FirstHalf, SecondHalf, Repeat, Report])
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(() => RunAsync(parsed, clock, output, cancellation), parsed));
        return command;
    }

    private static async Task<ExitCode> RunAsync(ParseResult parsed, TimeProvider clock, TextWriter output, CancellationToken cancellation)
    {
        var progress = new SimulationProgress(parsed.InvocationConfiguration.Error, !Console.IsErrorRedirected, clock);
        var format = parsed.GetValue(Format) is { } name ? Formats[name] : (TraceFormat?)null;
        var loaded = TraceReader.Read(parsed.GetValue(Trace)!, format, progress.Reading, cancellation);
        var range = new SimulationRange { Repeat = parsed.GetValue(Repeat), Judged = Judged(parsed) };
        var run = new SimulationRun(loaded, range, progress);
        await output.WriteAsync(run.Report.Head());
        string[] policies = [.. parsed.GetValue(Policies)!.Distinct()];
        CacheSize[] sizes = [.. parsed.GetValue(Sizes)!.Distinct().Select(static text => CacheSize.Parse(text)!)];
        var started = clock.GetTimestamp();
        foreach (var table in run.Tables(policies, sizes, cancellation))
        {
            await output.WriteAsync(table);
        }

        progress.End();
        var seconds = Math.Max(1e-3, clock.GetElapsedTime(started).TotalSeconds);
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"\nspeed        {progress.Done:N0} requests in {seconds:F1} s: {progress.Done / seconds / 1e6:F1} M/s; peak memory {PeakBytes() / 1048576.0:N0} MiB"));
        if (parsed.GetValue(Report) is { } path)
        {
            await File.WriteAllTextAsync(path, run.Report.ToJson(), cancellation);
        }

        return ExitCode.Ok;
    }

    private static long PeakBytes()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    private static JudgedPart Judged(ParseResult parsed) =>
        parsed.GetValue(FirstHalf) == parsed.GetValue(SecondHalf) ? JudgedPart.All : parsed.GetValue(FirstHalf) ? JudgedPart.FirstHalf : JudgedPart.SecondHalf;

    private static Option<string[]> List(string name, string description, string[] usual, string help, Func<string, string?> fault)
    {
        var option = new Option<string[]>(name)
        {
            Description = description,
            DefaultValueFactory = _ => usual,
            HelpName = help,
            CustomParser = result => [.. result.Tokens.SelectMany(static token => token.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))],
            AllowMultipleArgumentsPerToken = false,
        };
        option.Validators.Add(result =>
        {
            foreach (var text in result.GetValueOrDefault<string[]>() ?? [])
            {
                if (fault(text) is { } message)
                {
                    result.AddError($"{name}: {message}.");
                }
            }
        });
        return option;
    }

    private static Option<string?> FormatOption()
    {
        var option = new Option<string?>("--format") { Description = "oracle-general, csv, epa or combined-log; default: by the file's name and first line.", HelpName = "NAME" };
        option.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && !Formats.ContainsKey(text))
            {
                result.AddError($"--format: expected one of {string.Join(", ", Formats.Keys)}; got '{text}'{Nearest(text, Formats.Keys)}.");
            }
        });
        return option;
    }

    private static Option<int> RepeatOption()
    {
        var option = new Option<int>("--repeat") { Description = "Replays the trace so often, each time with other objects: a load of the same shape on a larger catalogue.", DefaultValueFactory = _ => 1 };
        option.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int>() is not (>= 1 and <= 10_000))
            {
                result.AddError("--repeat: expected 1 to 10000.");
            }
        });
        return option;
    }

    private static string Nearest(string text, IEnumerable<string> known) => NearestName.Of(text, known) is { } nearest ? $"; did you mean '{nearest}'?" : "";
}
