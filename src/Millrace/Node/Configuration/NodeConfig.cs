using System.Collections.Immutable;
using Millrace.Delivery.Routes;
using Millrace.Features.Definitions;
using Millrace.Models.Policies;

namespace Millrace.Node.Configuration;

/// <summary>A checked configuration. Immutable; a reload makes another.</summary>
internal sealed record NodeConfig
{
    public required NodeSection Node { get; init; }

    public required ListenSection Listen { get; init; }

    public required TlsSection Tls { get; init; }

    public required ImmutableArray<Route> Routes { get; init; }

    public required ImmutableArray<FeatureDefinition> Features { get; init; }

    public required FoldingSection Folding { get; init; }

    public required ImmutableSortedDictionary<string, Policy> Policies { get; init; }

    public required ImmutableSortedDictionary<string, Surface> Surfaces { get; init; }

    public required BrowsersSection Browsers { get; init; }

    public required CacheSection Cache { get; init; }

    public required JournalSection Journal { get; init; }

    public required EventsSection Events { get; init; }

    public required LimitsSection Limits { get; init; }

    public required LogSection Log { get; init; }

    public required AccessLogSection AccessLog { get; init; }
}

internal sealed record NodeSection(string Data, string Name);

internal sealed record ListenSection(ListenAddress Delivery, ListenAddress Api, ListenAddress Admin);

/// <param name="Origins">As browsers send them; <c>*</c> is any.</param>
internal sealed record BrowsersSection(ImmutableArray<string> Origins)
{
    public bool Allows(string origin) => Origins.Contains(BrowserOrigin.Any) || Origins.Contains(origin);
}

/// <summary>Bounds of the cache; a disk that is null is none.</summary>
internal sealed record CacheSection(long Memory, long Object, string? Disk, long DiskBytes, TimeSpan PurgeLease, int Purges);

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
}

/// <summary>The bounds of the node; their meaning and reasons stand in <see cref="NodeShape"/>.</summary>
internal sealed record LimitsSection
{
    public required long RequestBody { get; init; }

    public required long RequestLine { get; init; }

    public required int RequestLines { get; init; }

    public required long UploadBody { get; init; }

    public required long RequestHeaders { get; init; }

    public required int RequestHeaderCount { get; init; }

    public required int Connections { get; init; }

    public required TimeSpan KeepAlive { get; init; }

    public required TimeSpan HeaderTimeout { get; init; }

    public required TimeSpan Drain { get; init; }

    public required TimeSpan DrainGrace { get; init; }

    public required int WriteBehind { get; init; }

    public required TimeSpan Decide { get; init; }

    public required long RememberedDecisions { get; init; }

    public required int RecalledDecisions { get; init; }
}

internal sealed record LogSection(string Level, string Format);

/// <summary>What is written of requests; meaning and reasons stand in <see cref="NodeShape"/>.</summary>
internal sealed record AccessLogSection
{
    public required string To { get; init; }

    public required double Share { get; init; }

    public required string Query { get; init; }

    public required string Client { get; init; }

    public required int Queue { get; init; }

    public required long Rotate { get; init; }

    public required int Keep { get; init; }
}
