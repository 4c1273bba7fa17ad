using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Millrace.Node.Configuration;

namespace Millrace.Node;

/// <summary>
/// The configuration in force. A reload checks everything first: a bad file is refused with all its faults and the last good one stays. What a running
/// node cannot take is kept as it was and named in the log.
/// </summary>
internal sealed class ConfigHolder
{
    private readonly ConfigSource _source;
    private readonly ILogger _log;
    private readonly Lock _reloading = new();
    private readonly List<Action<NodeConfig>> _followers = [];
    private readonly Counter<long> _reloads;
    private volatile NodeConfig _current;

    public ConfigHolder(ConfigSource source, NodeConfig first, Meter meter, ILogger log)
    {
        _source = source;
        _current = first;
        _log = log;
        _reloads = meter.CreateCounter<long>("millrace.config.reloads", "{reload}", "Reloads of the configuration by outcome: applied, unchanged or refused.");
        meter.CreateObservableGauge("millrace.config.refused", () => LastRefused ? 1 : 0, "{refusal}", "1 while the file on disk is refused and an older one is in force.");
    }

    /// <summary>One reference: a request reads it once and keeps what it read.</summary>
    public NodeConfig Current => _current;

    /// <summary>Whether the last reload was refused.</summary>
    public bool LastRefused { get; private set; }

    /// <summary>The file that is watched; null when there is none.</summary>
    public string? File => _source.File;

    /// <summary>Calls <paramref name="apply"/> with each new configuration, in order of registration.</summary>
    public void Follow(Action<NodeConfig> apply)
    {
        lock (_reloading)
        {
            _followers.Add(apply);
        }
    }

    /// <summary>Reads the source again and applies what can be.</summary>
    public ReloadOutcome Reload()
    {
        lock (_reloading)
        {
            var outcome = TryReload();
            LastRefused = outcome == ReloadOutcome.Refused;
            _reloads.Add(1, new KeyValuePair<string, object?>("outcome", outcome.ToString().ToLowerInvariant()));
            return outcome;
        }
    }

    private ReloadOutcome TryReload()
    {
        NodeConfig read;
        try
        {
            read = _source.Load();
        }
        catch (ConfigInvalidException invalid)
        {
            foreach (var fault in invalid.Faults)
            {
                _log.LogError(NodeEvents.ConfigRefused, "{Fault}", fault);
            }

            _log.LogError(NodeEvents.ConfigRefused, "The configuration is refused ({Faults} faults); the last good one stays in force", invalid.Faults.Length);
            return ReloadOutcome.Refused;
        }

        var old = _current;
        foreach (var setting in ConfigChange.Fixed(old, read))
        {
            _log.LogWarning(NodeEvents.ConfigNeedsRestart, "{Setting} changed in the file and keeps its old value until the node is started again", setting);
        }

        var next = ConfigChange.Merge(old, read);
        if (ConfigChange.Same(old, next))
        {
            return ReloadOutcome.Unchanged;
        }

        _current = next;
        foreach (var follower in _followers)
        {
            follower(next);
        }

        _log.LogInformation(
            NodeEvents.ConfigApplied, "The configuration was reloaded: {Routes} routes, {Policies} policies, {Surfaces} surfaces",
            next.Routes.Length, next.Policies.Count, next.Surfaces.Count);
        return ReloadOutcome.Applied;
    }
}

/// <summary>What became of a reload.</summary>
internal enum ReloadOutcome
{
    Applied,
    Unchanged,
    Refused,
}
