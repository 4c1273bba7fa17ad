using System.Collections.Immutable;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>Makes the tokens and URLs that a decision hands out. What a token holds is the flywheel's business.</summary>
internal interface IDeliveryUrls
{
    /// <summary>The token that attests events about a decided item: the same for the same decision, whenever it is asked.</summary>
    /// <param name="decision">The decision.</param>
    /// <param name="item">The item as placed.</param>
    /// <param name="slot">The slot's id.</param>
    /// <param name="rank">1-based within the slot.</param>
    string Sign(Decided decision, DecidedItem item, string slot, int rank);

    /// <summary>The URL at which a client fetches a decided item's body.</summary>
    /// <param name="bodyUrl">Where the catalogue says that the body is.</param>
    /// <param name="token">The item's token.</param>
    string Join(string bodyUrl, string token);
}

/// <summary>Judges the tokens that come back with events.</summary>
internal interface IEventTokens
{
    /// <summary>Where a genuine token says that its item was shown, whether it is still good or not; null when it is not genuine.</summary>
    ShownAt? Read(string text, string tenant);

    /// <summary>Judges the token, and spends it on the event when it is valid.</summary>
    TokenVerdict Verify(in EventToken token);
}

/// <summary>A token together with what the event that bore it claims.</summary>
internal readonly record struct EventToken(string Token, string Tenant, string? Decision, string Item, int? Position, string EventType, string EventId);

/// <summary>A place of a slate.</summary>
/// <param name="Slot">The slot's id; null when a token of an earlier release does not say.</param>
/// <param name="Rank">1-based within the slot.</param>
internal readonly record struct ShownAt(string? Slot, int Rank);

/// <summary>What a token is worth; all but <see cref="Valid"/> refuse the event.</summary>
internal enum TokenVerdict
{
    Valid,
    Forged,
    Foreign,

    /// <summary>Of this decision and item, but shown at another position than the event says.</summary>
    Mismatch,
    Expired,
    Replayed,
}

/// <summary>Makes a purge known.</summary>
internal interface IPurge
{
    /// <summary>The routes that can be purged, by their match.</summary>
    IReadOnlyList<string> Routes { get; }

    /// <summary>The edges that are waited for, each by what it is known as in CDN-Loop.</summary>
    IReadOnlyList<string> Edges { get; }

    /// <summary>What was expected in place of the beginning of a URL that cannot be purged by; null when it can.</summary>
    string? PrefixFault(string prefix);

    /// <summary>Completes when the purge is durable. Edges cut off may serve what it names for the lease, and no longer.</summary>
    ValueTask<Position> PurgeAsync(Purged purge, CancellationToken cancellation);

    /// <summary>Whether the journal holds a fact at this position.</summary>
    bool IsTaken(Position position);

    /// <summary>Completes when every edge in touch obeys the purge at the position.</summary>
    /// <returns>How many stored responses it touched; 0 as well when that was long ago.</returns>
    /// <exception cref="JournalFaultException">Purges cannot be followed now.</exception>
    ValueTask<int> WaitAsync(Position position, CancellationToken cancellation);
}

/// <summary>What a replay found.</summary>
/// <param name="Verdict">identical, differs, engineChanged, notRecorded, erased, policyMissing or modelMissing.</param>
/// <param name="Differences">Each as <c>slots[0].items[2].score: recorded …, replayed …</c>; empty unless it differs.</param>
internal sealed record ReplayAnswer(string Verdict, ImmutableArray<string> Differences);
