using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Millrace.Delivery.Compression;
using Millrace.Delivery.Routes;
using Millrace.Features.Definitions;
using Millrace.Learning.Attribution;
using Millrace.Models.Policies;

namespace Millrace.Node.Configuration;

/// <summary>A checked configuration. Immutable; a reload makes another.</summary>
internal sealed record NodeConfig
{
    public required NodeSection Node { get; init; }

    public required ListenSection Listen { get; init; }

    public required TlsSection Tls { get; init; }

    public required ImmutableArray<Route> Routes { get; init; }

    /// <summary>Those that are computed: active or deprecated.</summary>
    public required ImmutableArray<FeatureDefinition> Features { get; init; }

    /// <summary>The names of removed features, which stay taken.</summary>
    public required ImmutableArray<string> Removed { get; init; }

    /// <summary>Where features were written; no part of what the configuration says.</summary>
    [JsonIgnore]
    public FeatureMarks FeatureMarks { get; init; } = new(default, ImmutableSortedDictionary<string, ConfigMark>.Empty);

    public required FoldingSection Folding { get; init; }

    public required SkewSection Skew { get; init; }

    public required ImmutableSortedDictionary<string, Policy> Policies { get; init; }

    /// <summary>The models that policies name by their digests.</summary>
    [JsonIgnore]
    public ModelFiles Models { get; init; } = ModelFiles.None;

    public required ImmutableSortedDictionary<string, Surface> Surfaces { get; init; }

    public required BrowsersSection Browsers { get; init; }

    public required CacheSection Cache { get; init; }

    public required CompressionOptions Compression { get; init; }

    public required UpstreamSection Upstream { get; init; }

    public required JournalSection Journal { get; init; }

    public required EventsSection Events { get; init; }

    /// <summary>By name.</summary>
    public required ImmutableArray<OutcomeDefinition> Outcomes { get; init; }

    public required LimitsSection Limits { get; init; }

    public required LogSection Log { get; init; }

    public required AccessLogSection AccessLog { get; init; }
}

/// <param name="Section">Where the list is.</param>
/// <param name="Names">Where each name is, removed ones too.</param>
internal sealed record FeatureMarks(ConfigMark Section, ImmutableSortedDictionary<string, ConfigMark> Names)
{
    /// <summary>Where a feature is, or where it would be.</summary>
    public ConfigMark Of(string name) => Names.GetValueOrDefault(name, Section);
}

internal sealed record NodeSection(string Data, string Name);

/// <param name="Delivery">Where routes are served.</param>
/// <param name="Api">Where decisions are; null for nowhere.</param>
/// <param name="Admin">Where everything else is.</param>
internal sealed record ListenSection(ListenAddress Delivery, ListenAddress? Api, ListenAddress Admin);

/// <param name="Origins">As browsers send them; <c>*</c> is any.</param>
internal sealed record BrowsersSection(ImmutableArray<string> Origins)
{
    public bool Allows(string origin) => Origins.Contains(BrowserOrigin.Any) || Origins.Contains(origin);
}

/// <param name="Partitions">Of a new data directory.</param>
/// <param name="Retention">As it is written; null leaves it to <see cref="History"/>.</param>
/// <param name="FullDecisions">Bytes per second.</param>
/// <param name="AnonymousDeliveries">A share.</param>
internal sealed record JournalSection(int Partitions, TimeSpan? Retention, long FullDecisions, double AnonymousDeliveries);

internal sealed record EventsSection(string Unattested);

/// <summary>The bounds of what is known; their meaning and reasons stand in <see cref="NodeShape"/>.</summary>
internal sealed record FoldingSection
{
    public required int Items { get; init; }

    public required int Sessions { get; init; }

    public required int Persons { get; init; }

    public required int Pairs { get; init; }

    public required int Segments { get; init; }

    public required TimeSpan Session { get; init; }

    public required string Lists { get; init; }

    /// <summary>How often a snapshot of what is folded is written.</summary>
    public required TimeSpan Checkpoint { get; init; }

    /// <summary>How often priors of rates are fitted; null never does.</summary>
    public required TimeSpan? Refit { get; init; }

    /// <summary>Bytes of each index of neighbours.</summary>
    public required long Neighbours { get; init; }

    /// <summary>Among fewer items there is no index.</summary>
    public required int Scanned { get; init; }
}

internal sealed record LogSection(string Level, string Format);
