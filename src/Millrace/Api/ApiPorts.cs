using System.Collections.Immutable;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>Makes the URLs that a decision hands out. The tokens in them are the flywheel's business.</summary>
internal interface IDeliveryUrls
{
    /// <summary>The URL at which a client fetches a decided item's body.</summary>
    /// <param name="decision">The decision.</param>
    /// <param name="item">The item as placed.</param>
    /// <param name="slot">The slot's id.</param>
    /// <param name="rank">1-based within the slot.</param>
    /// <param name="bodyUrl">Where the catalogue says that the body is.</param>
    string Mint(Decided decision, DecidedItem item, string slot, int rank, string bodyUrl);
}

/// <summary>Judges the tokens that come back with events.</summary>
internal interface IEventTokens
{
    TokenVerdict Verify(in EventToken token);
}

/// <summary>A token together with what the event that bore it claims.</summary>
internal readonly record struct EventToken(string Token, string Tenant, string? Decision, string Item, string EventType, string EventId);

/// <summary>What a token is worth; all but <see cref="Valid"/> refuse the event.</summary>
internal enum TokenVerdict
{
    Valid,
    Forged,
    Foreign,
    Expired,
    Replayed,
}

/// <summary>Makes a purge known.</summary>
internal interface IPurge
{
    /// <summary>The routes that can be purged, by their match.</summary>
    IReadOnlyList<string> Routes { get; }

    /// <summary>Completes when the purge is durable, and, when <paramref name="waitForEdges"/>, when every edge in touch obeys it.</summary>
    /// <returns>How many stored responses were voided; null when nobody waited for that.</returns>
    ValueTask<int?> PurgeAsync(Purged purge, bool waitForEdges, CancellationToken cancellation);
}

/// <summary>What a replay found.</summary>
/// <param name="Verdict">identical, differs, engineChanged, notRecorded or erased.</param>
/// <param name="Differences">Each as <c>slots[0].items[2].score: recorded …, replayed …</c>; empty unless it differs.</param>
internal sealed record ReplayAnswer(string Verdict, ImmutableArray<string> Differences);
