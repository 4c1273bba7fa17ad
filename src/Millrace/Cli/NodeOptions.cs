using System.Collections;
using System.CommandLine;
using Millrace.Node.Configuration;

namespace Millrace.Cli;

/// <summary>The flags that every command with a configuration has.</summary>
internal sealed class NodeOptions
{
    private readonly Option<string?> _config = new("--config", "-c") { Description = "The configuration file. Default: $MILLRACE_CONFIG, else ./millrace.yaml if it is there, else defaults.", HelpName = "FILE" };
    private readonly Option<string?> _data = new("--data", "-d") { Description = "The data directory (node.data).", HelpName = "DIR" };
    private readonly Option<string?> _log = new("--log") { Description = "The log's format: json or text (log.format).", HelpName = "json|text" };
    private readonly Option<string[]> _set = new("--set") { Description = "Any setting, over file and environment; may be repeated: --set listen.api=:9001", HelpName = "PATH=VALUE" };

    /// <param name="command">Takes the options.</param>
    /// <param name="hasLog">Whether <c>--log</c> is the log's format; false where the command's own means another thing.</param>
    public NodeOptions AddTo(Command command, bool hasLog = true)
    {
        command.Options.Add(_config);
        command.Options.Add(_data);
        if (hasLog)
        {
            command.Options.Add(_log);
        }

        command.Options.Add(_set);
        return this;
    }

    /// <summary>The flags as they were given, for another command.</summary>
    public IEnumerable<string> ArgumentsOf(ParseResult parsed)
    {
        string[] Given(string name, string? value) => value is null ? [] : [name, value];
        return [.. Given("--config", parsed.GetValue(_config)), .. Given("--data", parsed.GetValue(_data)), .. (parsed.GetValue(_set) ?? []).SelectMany(set => Given("--set", set))];
    }

    public ConfigSource SourceOf(ParseResult parsed)
    {
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "", StringComparer.Ordinal);
        var file = parsed.GetValue(_config) ?? environment.GetValueOrDefault(Overrides.ConfigVariable) ?? (File.Exists(ConfigSource.DefaultFile) ? ConfigSource.DefaultFile : null);
        List<string> sets = [.. parsed.GetValue(_set) ?? []];
        if (parsed.GetValue(_data) is { } data)
        {
            sets.Add($"node.data={data}");
        }

        if (parsed.GetValue(_log) is { } format)
        {
            sets.Add($"log.format={format}");
        }

        return new ConfigSource(file, environment, [.. sets]);
    }
}
