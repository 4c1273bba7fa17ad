using System.Buffers.Binary;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Millrace.Api;
using Millrace.Cli;
using Millrace.Decisions;
using Millrace.Decisions.Candidates;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Features.Images;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Flywheel;
using Millrace.Journal;
using Millrace.Journal.Local;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;
using Millrace.Node.Configuration;
using Millrace.Node.Logging;
using Millrace.Node.Neighbours;
using Millrace.Node.Skew;

namespace Millrace.Node;

/// <summary>
/// What the node's parts are built from, opened once at the start in the order of dependence: log, lock, keys, journal, policies, delivery plane. Closed in
/// reverse, when no listener calls in any more.
/// </summary>
internal sealed class NodeServices : IAsyncDisposable
{
    internal const string TokenKeyFile = "token.key";
    private const int TokenKeyBytes = 32;
    private const int SeedSaltBytes = 32;

    private readonly NodeLog _log;
    private readonly ClosingOrder _closing;

    private NodeServices(NodeConfig config, ConfigSource source, TimeProvider clock)
    {
        Clock = clock;
        _log = new NodeLog(config.Log, clock, Meter);
        Logger = _log.Factory.CreateLogger("Millrace.Node");
        _closing = new ClosingOrder(Logger);
        Config = new ConfigHolder(source, config, Meter, Logger);
        Config.Follow(next => _log.SetLevel(next.Log.Level));
    }

    public TimeProvider Clock { get; }

    public ConfigHolder Config { get; }

    public ILoggerFactory Logs => _log.Factory;

    /// <summary>The node's own voice.</summary>
    public ILogger Logger { get; }

    /// <summary>The meter <c>Millrace.Node</c>.</summary>
    public Meter Meter { get; } = new("Millrace.Node");

    public Readiness Readiness { get; } = new();

    public DataDirectory Data { get; private set; } = null!;

    public AccessKeys Keys { get; private set; } = null!;

    /// <summary>32 random bytes that sign delivery tokens; made once for a data directory.</summary>
    public byte[] TokenKey { get; private set; } = [];

    public IJournal Journal { get; private set; } = null!;

    /// <summary>The keys that seal what concerns a person.</summary>
    public ISubjectKeys Subjects { get; private set; } = null!;

    /// <summary>Carries decisions to the journal.</summary>
    public FactWriteBehind Decisions { get; private set; } = null!;

    /// <summary>Every version of every policy that was in force.</summary>
    public PolicyImport Policies { get; private set; } = null!;

    /// <summary>Every model that was in force.</summary>
    public FolderModelShelf Models { get; private set; } = null!;

    /// <summary>The policies in force, with the versions that they have in the journal, and the features that serve them.</summary>
    public ServingTable Serving { get; private set; } = null!;

    /// <summary>The newest epoch.</summary>
    public FeatureSnapshot Snapshot => Serving.Current.Snapshot();

    /// <summary>Folds the features that serve.</summary>
    public FeatureFolding Folding { get; private set; } = null!;

    /// <summary>Compares what was served with the journal; null when it is off.</summary>
    public SkewWatch? Skew { get; private set; }

    /// <summary>How soon features show facts.</summary>
    public FreshnessWatch Freshness { get; private set; } = null!;

    /// <summary>Indexes of neighbours, level with the epochs.</summary>
    public NeighbourFeeds Neighbours { get; private set; } = null!;

    /// <summary>What is wrong with the values of features.</summary>
    public FeatureHealth Health { get; private set; } = null!;

    /// <summary>Takes changes of the features.</summary>
    public FeatureReload FeatureReload { get; private set; } = null!;

    /// <summary>What sessions and users did last.</summary>
    public IPersonStore Persons => Serving.Current.Persons;

    /// <summary>The snapshots of what is folded.</summary>
    public SnapshotFolder Snapshots { get; private set; } = null!;

    public DeliveryServices Delivery { get; private set; } = null!;

    public Decider Decider { get; private set; } = null!;

    /// <summary>What the api and admin listeners answer from; null until everything is open.</summary>
    public ApiServices? Api { get; private set; }

    /// <summary>A UUIDv7 of the node's time.</summary>
    public string NewId() => Guid.CreateVersion7(Clock.GetUtcNow()).ToString("D");

    /// <summary>Takes the data directory and reads its keys: what health needs, and no more. <see cref="OpenAsync"/> follows.</summary>
    /// <exception cref="NodeStartException">The data directory is held or cannot be used.</exception>
    public static async Task<NodeServices> TakeAsync(NodeConfig config, ConfigSource source, TimeProvider clock)
    {
        var node = new NodeServices(config, source, clock);
        try
        {
            node.Data = node.Owned(DataDirectory.Open(config.Node.Data));
            node.Keys = AccessKeys.Open(node.Data, clock);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Last opened, first closed: queues are flushed before the journal closes, and the lock goes last. A part that fails keeps no other open.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.DisposeAsync();
        _log.Factory.Dispose();
        Meter.Dispose();
    }

    /// <summary>Opens the journal and everything on it, which takes as long as there are facts to fold. What a failure leaves open, <see cref="DisposeAsync"/> closes.</summary>
    /// <exception cref="NodeStartException">The journal is held, or the disk refuses it.</exception>
    /// <exception cref="JournalCorruptException">The journal is damaged.</exception>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        var config = Config.Current;
        TokenKey = TokenKeyOf(Data);
        var features = History.Features(config);
        try
        {
            Subjects = Owned(OpenSubjectKeys(Data.SubjectKeys, Logger));
            var journal = await LocalJournal.OpenAsync(
                new JournalOptions { Directory = Data.Journal, Partitions = config.Journal.Partitions }.Keeping(History.Retention(config, features)), Clock, Subjects);
            _closing.Add(journal);
            Journal = journal;
        }
        catch (JournalLockedException held)
        {
            throw new NodeStartException(ExitCode.DataLocked, held.Message, held);
        }
        catch (JournalKeysException others)
        {
            throw new NodeStartException(ExitCode.DataUnusable, others.Message, others);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or InvalidDataException or JournalFaultException or JournalReadException)
        {
            throw new NodeStartException(
                ExitCode.DataUnusable, $"The journal in {Data.Root} cannot be opened: {refused.Message} Make it readable and writable for this user, with room on its disk.", refused);
        }

        Models = new FolderModelShelf(Data.Models, (path, why) => Logger.LogError(
            NodeEvents.ModelDamaged, "The model {Path} cannot be used, so decisions that were taken by it cannot be replayed: {Why}", path, why));
        Policies = Owned(await PolicyImport.OpenAsync(Journal, Models, Clock, cancellation));
        _closing.Add(Config);
        await OpenFeaturesAsync(config, features, cancellation);
        OpenDecisions(config);
        var tokens = new DeliveryTokens(TokenKey);
        Delivery = new DeliveryServices(this);
        Delivery.Open(tokens);
        await Delivery.OpenDiskAsync();
        var purges = await Delivery.FollowPurgesAsync(JournalIdOf(TokenKey), cancellation);
        Api = await NodeApi.OpenAsync(this, tokens, purges, cancellation);
        _closing.Add(new ConsentRenewal(Api.Memory.Consents, History.Retention(config, features), Clock, NewId, Logger));
    }

    private async Task OpenFeaturesAsync(NodeConfig config, FeatureSet features, CancellationToken cancellation)
    {
        var retention = History.Retention(config, features);
        var removals = new FeatureRemovals(Journal, retention, Clock);
        await removals.CheckAsync(config, Policies.Versions, cancellation);
        var policies = await Policies.ImportAsync(config, features, cancellation);
        var (folder, persons) = (FolderOf(features), PersonsOf(features));
        var neighbours = new NeighbourOptions { MaxBytes = config.Folding.Neighbours, Least = config.Folding.Scanned };
        Serving = new ServingTable(new Serving(policies, () => folder.Current, persons) { Neighbours = new NeighbourIndexes(neighbours) });
        Neighbours = Owned(new NeighbourFeeds(Serving, Clock, Meter, Logger, Readiness));
        Freshness = Owned(new FreshnessWatch(Clock, () => Config.Current.Features, () => Folding?.Lag ?? 0, Meter, Logger));
        Snapshots = new SnapshotFolder(Data.Features);
        var checkpoints = new FeatureCheckpoints(Snapshots, config.Folding.Checkpoint, Clock, Meter, Logger);
        Folding = new FeatureFolding(Journal, folder, persons, Clock, Readiness, Meter, Logger, checkpoints)
        {
            Freshness = Freshness,
            Published = Neighbours.Wake,
            CaughtUp = Neighbours.CaughtUp,
            Priors = config.Folding.Refit is { } refit ? new PriorFitting(Journal, refit, Clock, Logger) : null,
        };
        _closing.Add(Folding);
        Health = Owned(new FeatureHealth(() => Folding.Serving, Clock, Meter, Logger));
        FeatureReload = new FeatureReload(Policies, Folding, Serving, retention, removals, FolderOf, PersonsOf, Logger) { Neighbours = Neighbours, NeighbourOptions = neighbours };
        Config.Prepare(FeatureReload.PrepareAsync);
        Folding.Start();
        if (config.Skew.Watch)
        {
            Skew = new SkewWatch(
                Journal, () => Serving.Current, Health.InexactOf, new SkewWatchOptions(OptionsOf(config.Folding), config.Folding.Persons, config.Skew.Share, Subjects), Clock, Meter, Logger);
            _closing.Add(Skew);
            Skew.Start();
        }

        FeatureFolder FolderOf(FeatureSet set) => new(set, OptionsOf(config.Folding, TokenKey), Subjects);

        EmbeddedPersonStore PersonsOf(FeatureSet set) =>
            new(set.Persons, Journal.Partitions(JournalStream.Events), config.Folding.Session, config.Folding.Persons, Subjects);
    }

    private static FileSubjectKeys OpenSubjectKeys(string path, ILogger logger)
    {
        var keys = new FileSubjectKeys(path, onNearlyFull: (count, bound) => logger.LogWarning(
            NodeEvents.SubjectKeysNearlyFull, "There are keys for {Count} subjects of at most {Bound}; when all are taken, facts of new subjects are refused", count, bound));
        if (keys.Damaged > 0)
        {
            logger.LogWarning(NodeEvents.SubjectKeysDamaged, "{Count} subject keys are damaged and lost: what they sealed reads as erased", keys.Damaged);
        }

        return keys;
    }

    /// <summary>The bounds and habits of the folder that a configuration asks for.</summary>
    internal static FeatureOptions OptionsOf(FoldingSection folding) => new()
    {
        MaxItems = folding.Items,
        MaxSessions = folding.Sessions,
        MaxPairs = folding.Pairs,
        MaxSegments = folding.Segments,
        SessionIdle = folding.Session,
    };

    /// <summary>The same with the secret under which a data directory's snapshots hide what could be asked for a person.</summary>
    internal static FeatureOptions OptionsOf(FoldingSection folding, byte[] tokenKey) =>
        OptionsOf(folding) with { SnapshotSecret = HMACSHA256.HashData(tokenKey, "features"u8) };

    /// <summary>A decider as the node's own, with memory of its own.</summary>
    internal Decider CreateDecider(NodeConfig config, ServingTable serving, IDecisionSink? sink, DecisionMeters? meters) => new(
        new DeciderOptions
        {
            Timeout = config.Limits.Decide,
            FullBytesPerSecond = config.Journal.FullDecisions,
            TenantDecisions = config.Limits.TenantDecisions,
            RememberedBytes = config.Limits.RememberedDecisions,
            MaxRecalled = config.Limits.RecalledDecisions,
            SeedSalt = RandomNumberGenerator.GetBytes(SeedSaltBytes),
        },
        Clock,
        serving,
        sink,
        fault => Logger.LogError(NodeEvents.DecisionFaulted, fault, "A step of a decision failed; a lower rung of the ladder answered"),
        meters);

    private void OpenDecisions(NodeConfig config)
    {
        Decisions = new FactWriteBehind("decisions", config.Limits.WriteBehind, Journal, Meter, Logger, HoldForJournal, DecisionToFact.Shorter);
        _closing.Add(Decisions);
        Decider = CreateDecider(config, Serving, new DecisionToFact(Decisions), Owned(new DecisionMeters()));
    }

    /// <summary>Told by queues that the journal refuses for good.</summary>
    internal void HoldForJournal() => Readiness.Hold(UnreadyReason.JournalFault);

    /// <summary>Closes a part when the node does.</summary>
    internal T Owned<T>(T part)
        where T : IDisposable
    {
        _closing.Add(part);
        return part;
    }

    /// <inheritdoc cref="Owned"/>
    internal void Own(IAsyncDisposable part) => _closing.Add(part);

    /// <summary>Tells the journal from that of any other data directory: the key was made with it, and says nothing here.</summary>
    private static ulong JournalIdOf(byte[] tokenKey) => BinaryPrimitives.ReadUInt64LittleEndian(HMACSHA256.HashData(tokenKey, "control"u8)) | 1;

    private static byte[] TokenKeyOf(DataDirectory data)
    {
        if (data.ReadSecret(TokenKeyFile) is { Length: TokenKeyBytes } kept)
        {
            return kept;
        }

        var key = RandomNumberGenerator.GetBytes(TokenKeyBytes);
        data.WriteSecret(TokenKeyFile, key);
        return key;
    }
}
