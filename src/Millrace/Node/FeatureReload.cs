using Microsoft.Extensions.Logging;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Models.Policies;
using Millrace.Node.Configuration;
using Millrace.Node.Neighbours;

namespace Millrace.Node;

/// <summary>
/// Puts the policies and features of a reloaded configuration in force. Policies that the serving features can serve are in force at once; new features are folded beside the
/// serving ones first, and policies that need them come with the take-over, in one reference.
/// </summary>
internal sealed class FeatureReload
{
    private readonly PolicyImport _policies;
    private readonly FeatureFolding _folding;
    private readonly ServingTable _serving;
    private readonly TimeSpan _retention;
    private readonly FeatureRemovals _removals;
    private readonly Func<FeatureSet, EmbeddedPersonStore> _persons;
    private readonly Func<FeatureSet, FeatureFolder> _folder;
    private readonly ILogger _log;

    // Commits of reloads and take-overs: each sees what the other left.
    private readonly Lock _gate = new();
    private TakeOver? _pending;

    /// <param name="policies">Makes policies durable.</param>
    /// <param name="folding">Folds what takes over.</param>
    /// <param name="serving">What deciders read.</param>
    /// <param name="retention">How long the running journal keeps events: new features look no further back.</param>
    /// <param name="removals">Knows which features recent decisions need.</param>
    /// <param name="folder">Makes an empty folder.</param>
    /// <param name="persons">Makes an empty store.</param>
    /// <param name="log">Told of what begins and what took over.</param>
    public FeatureReload(
        PolicyImport policies, FeatureFolding folding, ServingTable serving, TimeSpan retention, FeatureRemovals removals,
        Func<FeatureSet, FeatureFolder> folder, Func<FeatureSet, EmbeddedPersonStore> persons, ILogger log)
    {
        (_policies, _folding, _serving, _retention, _removals, _folder, _persons, _log) = (policies, folding, serving, retention, removals, folder, persons, log);
    }

    /// <summary>Builds the indexes of neighbours of what takes over, and those that other policies need; null keeps none.</summary>
    public NeighbourFeeds? Neighbours { get; init; }

    /// <summary>The bounds of those indexes.</summary>
    public NeighbourOptions NeighbourOptions { get; init; } = new();

    /// <summary>The features that are folded to take over; null when there are none.</summary>
    public FeatureSet? Next => _pending?.Features;

    /// <summary>Checks a configuration against what runs, and makes those of its policies durable that can be in force at once.</summary>
    /// <returns>Puts it in force, or begins to.</returns>
    /// <exception cref="ConfigInvalidException">The running node cannot take it.</exception>
    /// <exception cref="JournalException">The journal refuses; nothing is in force.</exception>
    public async Task<Action> PrepareAsync(NodeConfig config)
    {
        var features = History.Features(config);
        History.CheckRunning(config, features, _retention);
        await _removals.CheckAsync(config, _policies.Versions, CancellationToken.None);
        var serving = _serving.Current.Policies.Features;
        var now = Serves(serving, config)
            ? await _policies.ImportAsync(config, serving, CancellationToken.None)
            : null;
        return () => Commit(config, features, now);
    }

    private void Commit(NodeConfig config, FeatureSet features, PolicySet? now)
    {
        lock (_gate)
        {
            var serving = _serving.Current;
            var current = ReferenceEquals(now?.Features, serving.Policies.Features);
            if (current)
            {
                _serving.Swap(serving with { Policies = now! });
                Neighbours?.Wake();
            }

            if (current && features.Fingerprint == serving.Policies.Features.Fingerprint)
            {
                _pending = null;
                _folding.KeepServing();
                Neighbours?.GiveUp();
            }
            else if (_pending is { } pending && pending.Features.Fingerprint == features.Fingerprint && Serves(pending.Features, config))
            {
                pending.Config = config;
            }
            else
            {
                Begin(config, features);
            }
        }
    }

    // Features of one fingerprint may still differ in what is said beside them: what is protected is no policy's.
    private static bool Serves(FeatureSet features, NodeConfig config) => PolicyValidator.Faults(config.Policies.Values, config.Surfaces.Values, features).Count == 0;

    private void Begin(NodeConfig config, FeatureSet features)
    {
        var (folder, persons) = (_folder(features), _persons(features));
        _pending = new TakeOver(this, config, features, new Func<FeatureSnapshot>(() => folder.Current), persons);
        _log.LogInformation(
            NodeEvents.BackfillStarted, "Features changed: {Features} are folded from the journal beside those that serve, and memory holds both until they take over",
            features.Definitions.Length);
        _folding.Replace(folder, persons, _pending);
    }

    private sealed class TakeOver(FeatureReload reload, NodeConfig config, FeatureSet features, Func<FeatureSnapshot> snapshot, IPersonStore persons) : ITakeOver
    {
        private readonly NeighbourIndexes? _neighbours = reload.Neighbours is null ? null : new NeighbourIndexes(reload.NeighbourOptions);
        private (NodeConfig Config, PolicySet Policies)? _prepared;

        public FeatureSet Features => features;

        /// <summary>The newest configuration that wants these features.</summary>
        public NodeConfig Config { get; set; } = config;

        public async Task PrepareAsync(CancellationToken cancellation)
        {
            var wanted = Config;
            _prepared = (wanted, await reload._policies.ImportAsync(wanted, features, cancellation));
        }

        public bool Commit()
        {
            lock (reload._gate)
            {
                if (reload._pending != this || _prepared is not { } prepared || !ReferenceEquals(prepared.Config, Config))
                {
                    return false;
                }

                // Until its indexes are there, what serves goes on serving, and this is asked again with the next epoch.
                var next = new Serving(prepared.Policies, snapshot, persons) { Neighbours = _neighbours, Terms = reload._serving.Current.Terms };
                if (reload.Neighbours?.Prepare(next) == false)
                {
                    return false;
                }

                reload._pending = null;
                reload._serving.Swap(next);
                reload.Neighbours?.TookOver();
            }

            reload._log.LogInformation(NodeEvents.FeaturesReplaced, "{Features} features serve from epoch {Epoch} on", features.Definitions.Length, snapshot().Epoch);
            return true;
        }
    }
}
