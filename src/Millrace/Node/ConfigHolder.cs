using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Millrace.Journal;
using Millrace.Node.Configuration;

namespace Millrace.Node;

/// <summary>
/// The configuration in force. A reload checks and prepares everything first: a bad file is refused with all its faults and the last good one stays whole.
/// What a running node cannot take is kept as it was and named in the log.
/// </summary>
internal sealed class ConfigHolder : IAsyncDisposable
{
    private readonly ConfigSource _source;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _reloading = new(1);
    private readonly List<Func<NodeConfig, Task<Action>>> _preparing = [];
    private readonly List<Action<NodeConfig>> _followers = [];
    private readonly Counter<long> _reloads;
    private volatile NodeConfig _current;
    private ImmutableArray<string> _models;
    private bool _closed;

    public ConfigHolder(ConfigSource source, NodeConfig first, Meter meter, ILogger log)
    {
        _source = source;
        _current = first;
        _models = first.Models.Paths;
        _log = log;
        _reloads = meter.CreateCounter<long>("millrace.config.reloads", "{reload}", "Reloads of the configuration by outcome: applied, unchanged, refused or postponed.");
        meter.CreateObservableGauge("millrace.config.refused", () => LastRefused ? 1 : 0, "{refusal}", "1 while the file on disk is not in force: refused, or postponed.");
    }

    /// <summary>One reference: a request reads it once and keeps what it read.</summary>
    public NodeConfig Current => _current;

    /// <summary>Whether the last reload was refused or postponed.</summary>
    public bool LastRefused { get; private set; }

    /// <summary>The files that are watched: the configuration's own, if there is one, and the models that its last version names, refused or not.</summary>
    public ImmutableArray<string> Watched => _source.File is { } file ? [Path.GetFullPath(file), .. _models] : _models;

    /// <summary>
    /// Calls <paramref name="prepare"/> with each new configuration before anything of it is in force. It returns what puts its part in force, which must not
    /// fail; or throws <see cref="ConfigInvalidException"/> to refuse the whole, or <see cref="JournalException"/> to have it tried again.
    /// </summary>
    public void Prepare(Func<NodeConfig, Task<Action>> prepare) => _preparing.Add(prepare);

    /// <summary>Calls <paramref name="apply"/> with each new configuration, in order of registration; it must not fail.</summary>
    public void Follow(Action<NodeConfig> apply) => _followers.Add(apply);

    /// <summary>Reads the source again and applies what can be: all of it or nothing. One reload runs at a time.</summary>
    public async Task<ReloadOutcome> ReloadAsync()
    {
        await _reloading.WaitAsync();
        try
        {
            if (_closed)
            {
                return ReloadOutcome.Unchanged;
            }

            var outcome = await TryReloadAsync();
            LastRefused = outcome is ReloadOutcome.Refused or ReloadOutcome.Postponed;
            _reloads.Add(1, new KeyValuePair<string, object?>("outcome", outcome.ToString().ToLowerInvariant()));
            return outcome;
        }
        finally
        {
            _reloading.Release();
        }
    }

    /// <summary>Waits for the reload in hand; later ones change nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        await _reloading.WaitAsync();
        _closed = true;
        _reloading.Release();
    }

    private async Task<ReloadOutcome> TryReloadAsync()
    {
        try
        {
            var read = _source.Load();
            _models = read.Models.Paths;
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

            await ApplyAsync(next);
            return ReloadOutcome.Applied;
        }
        catch (ConfigInvalidException invalid)
        {
            _models = [.. _models.Union(invalid.ModelPaths, StringComparer.Ordinal)];
            foreach (var fault in invalid.Faults)
            {
                _log.LogError(NodeEvents.ConfigRefused, "{Fault}", fault);
            }

            _log.LogError(NodeEvents.ConfigRefused, "The configuration is refused ({Faults} faults); the last good one stays in force", invalid.Faults.Length);
            return invalid.MayPass ? ReloadOutcome.Postponed : ReloadOutcome.Refused;
        }
        catch (JournalException refused)
        {
            _log.LogError(NodeEvents.ConfigRefused, refused, "The journal refused the policies of the reloaded configuration; the last one stays in force, and the reload is tried again");
            return ReloadOutcome.Postponed;
        }
    }

    private async Task ApplyAsync(NodeConfig next)
    {
        var commits = new List<Action>();
        foreach (var prepare in _preparing)
        {
            commits.Add(await prepare(next));
        }

        _current = next;
        commits.ForEach(commit => commit());
        _followers.ForEach(follower => follower(next));
        _log.LogInformation(
            NodeEvents.ConfigApplied, "The configuration was reloaded: {Routes} routes, {Policies} policies, {Surfaces} surfaces",
            next.Routes.Length, next.Policies.Count, next.Surfaces.Count);
    }
}

/// <summary>What became of a reload.</summary>
internal enum ReloadOutcome
{
    Applied,
    Unchanged,
    Refused,

    /// <summary>The journal or the disk could not take its policies and models: nothing was applied, and it is worth trying again.</summary>
    Postponed,
}
