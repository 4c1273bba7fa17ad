using Millrace.Delivery.Freshness;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Storage;

/// <summary>What is known of a storable response when its head has come: the same for the stored and the arriving.</summary>
internal sealed record ResponseHead
{
    public required string Key { get; init; }

    public required string Route { get; init; }

    public required VaryKey Vary { get; init; }

    public required int Status { get; init; }

    /// <summary>End-to-end fields, without Age; Date is always there.</summary>
    public required HeaderList Headers { get; init; }

    public required ResponseDirectives Directives { get; init; }

    public required FreshnessRules Freshness { get; init; }

    /// <summary>The injected clock's monotonic reading at arrival.</summary>
    public required long ReceivedTimestamp { get; init; }

    /// <summary>The purge sequence at which the origin request began.</summary>
    public required long Began { get; init; }

    public required string[] SurrogateKeys { get; init; }

    public string? ETag => Headers.First("ETag");

    public string? LastModified => Headers.First("Last-Modified");

    /// <summary>Whether requests that came while this was on its way may have it: fresh, and not to be validated each time.</summary>
    public bool Shareable => Freshness.FreshOnArrival && !Directives.NoCache;

    public TimeSpan Age(TimeProvider time) => Freshness.InitialAge + time.GetElapsedTime(ReceivedTimestamp);
}
