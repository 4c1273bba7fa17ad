using System.Collections.Immutable;
using Millrace.Decisions.Pipeline;
using Millrace.Delivery.Routes;
using Millrace.Features.Definitions;
using Millrace.Models.Policies;

namespace Millrace.Node.Configuration;

/// <summary>Where a node's configuration comes from; read again at each reload. Precedence: flag, environment, file, default.</summary>
/// <param name="File">The file; null when there is none and defaults serve.</param>
/// <param name="Environment">The process's variables.</param>
/// <param name="Sets">Each <c>--set path=value</c>, in order; the last one of a path wins.</param>
internal sealed record ConfigSource(string? File, IReadOnlyDictionary<string, string> Environment, ImmutableArray<string> Sets)
{
    /// <summary>The file that is read when none is named, if it is there.</summary>
    public const string DefaultFile = "millrace.yaml";

    /// <summary>Reads and checks everything.</summary>
    /// <exception cref="ConfigInvalidException">With all faults, in the order of the file.</exception>
    public NodeConfig Load()
    {
        if (File is null)
        {
            return Check(DefaultFile, "");
        }

        if (Directory.Exists(File))
        {
            throw new ConfigInvalidException([new ConfigFault(new ConfigMark(File, 0, 0), "", "a file", "a folder")]);
        }

        try
        {
            return Check(File, System.IO.File.ReadAllText(File));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new ConfigInvalidException([new ConfigFault(new ConfigMark(File, 0, 0), "", "a file that can be read", unreadable.Message)]);
        }
    }

    /// <summary>Checks <paramref name="text"/> with the overrides of this source.</summary>
    /// <inheritdoc cref="Load" path="/exception"/>
    public NodeConfig Check(string name, string text)
    {
        var faults = new ConfigFaults();
        var root = YamlTree.Read(Path.GetFileName(name), text, faults);
        if (root is MapNode map)
        {
            var settings = Overrides.FromEnvironment(Environment, faults).Concat(Sets.Select(s => Overrides.FromFlag(s, faults)).OfType<Override>());
            root = settings.Aggregate(map, (tree, setting) => Overrides.Apply(tree, setting, faults));
        }

        var bound = NodeShape.Root.Bind(root, "", faults).Object;
        var features = bound is null ? [] : ReferenceCheck.Run(bound, faults);

        if (faults.Count > 0 || bound is null)
        {
            CheckFaultlessRoutes(bound, faults);
            throw new ConfigInvalidException(faults.InOrder());
        }

        var models = ModelFiles.Read(bound, Path.GetDirectoryName(Path.GetFullPath(File ?? DefaultFile))!, faults);
        if (faults.Count == 0)
        {
            var config = NodeConfigBinder.Bind(bound, features, models);
            History.Check(config, bound);
            CheckPlanes(config, bound, faults);
            if (faults.Count == 0)
            {
                return config;
            }
        }

        throw new ConfigInvalidException(faults.InOrder()) { ModelPaths = models.Paths };
    }

    // What only the plane can know of a route is told beside the faults of others.
    private static void CheckFaultlessRoutes(BoundObject? bound, ConfigFaults faults)
    {
        if (bound is null)
        {
            return;
        }

        var marks = new PathMarks(bound);
        foreach (var (index, route) in RouteBinder.Routes(bound, faults.Spares).ToArray())
        {
            CheckRoutes([route], marks, faults, fault => fault.Replace("routes[0]", $"routes[{index}]", StringComparison.Ordinal));
        }
    }

    private static void CheckRoutes(ImmutableArray<Route> routes, PathMarks marks, ConfigFaults faults, Func<string, string> place)
    {
        try
        {
            RouteTable.Create(routes);
        }
        catch (RouteTableException refused)
        {
            foreach (var fault in refused.Faults)
            {
                faults.Add(PlaneFault.Read(RouteText.WithPath(place(fault)), marks.Find));
            }
        }
    }

    // The planes are asked, so that what is accepted here is what a start accepts.
    private static void CheckPlanes(NodeConfig config, BoundObject bound, ConfigFaults faults)
    {
        var marks = new PathMarks(bound);
        CheckRoutes(config.Routes, marks, faults, static fault => fault);

        try
        {
            var features = FeatureSet.Create(config.Features, PolicyWindows.Of(config.Policies.Values));
            PolicySet.Create(config.Policies.Values, config.Surfaces.Values, features, config.Models, NodeTerms.Names);
        }
        catch (PolicyFaultsException refused)
        {
            foreach (var fault in refused.Faults)
            {
                faults.Add(PlaneFault.Read(fault, marks.Find));
            }
        }
        catch (FeatureFaultsException refused)
        {
            foreach (var fault in refused.Faults)
            {
                faults.Add(PlaneFault.Read(fault, marks.Find));
            }
        }
    }
}
