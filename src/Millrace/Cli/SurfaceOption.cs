using System.CommandLine;
using Millrace.Features;
using Millrace.Models.Policies;
using Millrace.Node;
using Millrace.Node.Configuration;

namespace Millrace.Cli;

/// <summary><c>--surface</c>: a surface of the configuration; it may be left out where there is but one.</summary>
internal static class SurfaceOption
{
    public static Option<string?> Create() => new("--surface") { Description = "Whose policy and decisions, when there are several.", HelpName = "NAME" };

    /// <exception cref="NodeStartException">There is none, or several and none is named.</exception>
    public static Surface Find(string? name, NodeConfig config)
    {
        var names = string.Join(", ", config.Surfaces.Keys);
        return name is null
            ? config.Surfaces.Count == 1 ? config.Surfaces.Values.Single() : throw Refused(names.Length == 0 ? "the configuration has no surface: name the node's with --config" : $"--surface: name one of {names}")
            : config.Surfaces.GetValueOrDefault(name) ?? throw Refused($"--surface: there is no surface '{name}'{(NearestName.Of(name, config.Surfaces.Keys) is { } near ? $"; is '{near}' meant?" : names.Length == 0 ? ": the configuration has none" : $"; there are {names}")}");
    }

    private static NodeStartException Refused(string why) => new(ExitCode.Usage, why);
}
