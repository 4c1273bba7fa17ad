using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Millrace.Api;
using Millrace.Cli;
using Millrace.Decisions.Pipeline;
using Millrace.Delivery;
using Millrace.Delivery.Routes;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Flywheel;
using Millrace.Journal;
using Millrace.Journal.Local;
using Millrace.Models.Policies;
using Millrace.Node.Configuration;
using Millrace.Node.Logging;

namespace Millrace.Node;

/// <summary>
/// What the node's parts are built from, opened once at the start in the order of dependence: log, lock, keys, journal, policies, delivery plane. Closed in
/// reverse, when no listener calls in any more.
/// </summary>
internal sealed class NodeServices : IAsyncDisposable
{
    private const string TokenKeyFile = "token.key";
    private const int TokenKeyBytes = 32;

    // 8 MiB/s is about 1,400 full records of 200 candidates a second: all of a laptop's, a share of a spike's (docs/CAPACITY.md).
    private const long FullRecordBytesPerSecond = 8 << 20;

    // Deliveries that no decision led to are a sample: docs/CAPACITY.md takes a tenth.
    private const double AnonymousDeliveryShare = 0.1;

    private readonly NodeLog _log;
    private readonly List<IAsyncDisposable> _closing = [];

    private NodeServices(NodeConfig config, ConfigSource source, TimeProvider clock)
    {
        Clock = clock;
        _log = new NodeLog(config.Log, clock);
        Logger = _log.Factory.CreateLogger("Millrace.Node");
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

    /// <summary>The policies in force, with the versions that they have in the journal.</summary>
    public PolicyImport Policies { get; private set; } = null!;

    /// <summary>The features' folder; read <see cref="FeatureFolder.Current"/>, never write it.</summary>
    public FeatureFolder Features { get; private set; } = null!;

    public DeliveryPlane Delivery { get; private set; } = null!;

    public Decider Decider { get; private set; } = null!;

    /// <summary>What the api and admin listeners answer from.</summary>
    public ApiServices Api { get; private set; } = null!;

    /// <summary>A UUIDv7 of the node's time.</summary>
    public string NewId() => Guid.CreateVersion7(Clock.GetUtcNow()).ToString("D");

    /// <summary>Opens everything; what was opened is closed again when a later part fails.</summary>
    /// <exception cref="NodeStartException">The data directory is held or cannot be used.</exception>
    /// <exception cref="JournalCorruptException">The journal is damaged.</exception>
    public static async Task<NodeServices> OpenAsync(NodeConfig config, ConfigSource source, TimeProvider clock, CancellationToken cancellation)
    {
        var node = new NodeServices(config, source, clock);
        try
        {
            await node.OpenAsync(config, cancellation);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Last opened, first closed: queues are flushed before the journal closes, and the lock goes last.</summary>
    public async ValueTask DisposeAsync()
    {
        for (var i = _closing.Count - 1; i >= 0; i--)
        {
            await _closing[i].DisposeAsync();
        }

        _closing.Clear();
        Meter.Dispose();
        _log.Factory.Dispose();
    }

    private async Task OpenAsync(NodeConfig config, CancellationToken cancellation)
    {
        Data = Owned(DataDirectory.Open(config.Node.Data));
        Keys = AccessKeys.Open(Data, Clock);
        TokenKey = TokenKeyOf(Data);
        try
        {
            var subjects = Owned(OpenSubjectKeys(Data.SubjectKeys, Logger));
            var journal = await LocalJournal.OpenAsync(
                new JournalOptions { Directory = Data.Journal, Partitions = config.Journal.Partitions }, Clock, subjects);
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

        var features = FeatureSet.Create(config.Features, PolicyWindows.Of(config.Policies.Values));
        Policies = await PolicyImport.StartAsync(Journal, config, features, Clock, Logger, cancellation);
        _closing.Add(Policies);
        Config.Follow(Policies.Offer);
        Features = new FeatureFolder(features, new FeatureOptions());
        var users = new EmbeddedUserState();
        var folding = new FeatureFolding(Journal, Features, users, Clock, Readiness, Meter, Logger);
        _closing.Add(folding);
        folding.Start();
        OpenDecisions(config, users);
        var tokens = new DeliveryTokens(TokenKey);
        OpenDelivery(config, tokens);
        var purges = new PurgeToDelivery(Journal, Delivery, Logger);
        _closing.Add(purges);
        Api = await NodeApi.OpenAsync(this, tokens, purges, cancellation);
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

    private void OpenDecisions(NodeConfig config, IUserState users)
    {
        var queue = new FactWriteBehind("decisions", config.Limits.WriteBehind, Journal, Meter, Logger);
        _closing.Add(queue);
        Decider = new Decider(
            new DeciderOptions { Timeout = config.Limits.Decide, FullBytesPerSecond = FullRecordBytesPerSecond },
            Clock,
            () => Features.Current,
            users,
            Policies.Table,
            new DecisionToFact(queue),
            fault => Logger.LogError(NodeEvents.DecisionFaulted, fault, "A step of a decision failed; a lower rung of the ladder answered"));
    }

    private void OpenDelivery(NodeConfig config, DeliveryTokens tokens)
    {
        var queue = new FactWriteBehind("deliveries", config.Limits.WriteBehind, Journal, Meter, Logger);
        _closing.Add(queue);
        Delivery = Owned(new DeliveryPlane(
            new DeliveryOptions { StoreBytes = config.Cache.Memory, MaxObjectBytes = config.Cache.Object },
            RouteTable.Create(config.Routes),
            new DeliveryToFact(queue, tokens, Clock, NewId, AnonymousDeliveryShare, seed: 0),
            Clock));
        Config.Follow(next => Delivery.UpdateRoutes(RouteTable.Create(next.Routes)));
    }

    private T Owned<T>(T part)
        where T : IDisposable
    {
        _closing.Add(new Closing(part));
        return part;
    }

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

    private sealed class Closing(IDisposable part) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            part.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
