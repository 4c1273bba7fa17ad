using Millrace.Delivery.Compression;
using Millrace.Delivery.Freshness;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Storage;

/// <summary>What is known of a storable response when its head has come: the same for the stored and the arriving.</summary>
internal sealed record ResponseHead
{
    private bool? _isConvertible;

    public required CacheKey Key { get; init; }

    public required string Route { get; init; }

    public required VaryKey Vary { get; init; }

    public required int Status { get; init; }

    /// <summary>End-to-end fields, without Age and Content-Length, which each reply says anew, and without what the response excepts; Date is always there.</summary>
    public required HeaderList Headers { get; init; }

    public required ResponseDirectives Directives { get; init; }

    public required FreshnessRules Freshness { get; init; }

    /// <summary>Whether the origin's side said Age: then not even the first reply is straight from where it was made (RFC 9111 §5.1).</summary>
    public bool AgeStated { get; init; }

    /// <summary>Whether its route stores answers that set cookies.</summary>
    public bool MayHaveCookies { get; init; }

    /// <summary>The injected clock's monotonic reading at arrival.</summary>
    public required long ReceivedTimestamp { get; init; }

    /// <summary>When the origin request began, as purges count.</summary>
    public required Beginning Began { get; init; }

    public required string[] SurrogateKeys { get; init; }

    /// <summary>Whether it may be sent in other codings than its own, should its length be worth it.</summary>
    public bool IsConvertible => _isConvertible ??= CompressionRules.MayConvert(Status, Headers, Directives.NoTransform);

    public string? ETag => Headers.First("ETag");

    public string? LastModified => Headers.First("Last-Modified");

    /// <summary>Whether requests that came while this was on its way may have it: fresh, and not to be validated each time.</summary>
    public bool Shareable => Freshness.FreshOnArrival && !Directives.NoCache;

    /// <summary>Reads a head off an origin's answer.</summary>
    /// <param name="key">The object's key.</param>
    /// <param name="route">The route, which may know better how long it is fresh.</param>
    /// <param name="status">The status.</param>
    /// <param name="fields">End-to-end fields, which are not changed.</param>
    /// <param name="sent">The fields that the origin saw.</param>
    /// <param name="arrival">When.</param>
    /// <param name="began">When the request began, as purges count.</param>
    public static ResponseHead Of(CacheKey key, Route route, int status, HeaderList fields, HeaderList sent, Arrival arrival, Beginning began)
    {
        var directives = ResponseDirectives.Parse(fields, route.TargetedFields);
        directives = route.SetCookie == SetCookieRule.Strip && fields.Contains(FieldId.SetCookie) ? directives.Excepting("Set-Cookie") : directives;
        var freshness = route.Lifetimes.Apply(status, FreshnessRules.Of(status, fields, directives, arrival.RequestedAt, arrival.ReceivedAt));
        var headers = fields.Clone();
        headers.RemoveWhere(line => line.Id is FieldId.Age or FieldId.ContentLength || directives.Excepts(line));
        if (HttpDate.Parse(headers.First(FieldId.Date), arrival.ReceivedAt) is null)
        {
            headers.Set("Date", HttpDate.Format(arrival.ReceivedAt));
        }

        return new ResponseHead
        {
            Key = key,
            Route = route.Match,
            Vary = VaryKey.Of(fields, sent),
            Status = status,
            Headers = headers,
            Directives = directives,
            Freshness = freshness,
            AgeStated = fields.Contains(FieldId.Age),
            MayHaveCookies = route.SetCookie == SetCookieRule.Store,
            ReceivedTimestamp = arrival.ReceivedTimestamp,
            Began = began,
            SurrogateKeys = Storage.SurrogateKeys.Of(headers),
        };
    }

    /// <summary>The same, stale from the given age on: what a soft purge makes of it.</summary>
    public ResponseHead StaleFrom(TimeSpan age) => age >= Freshness.Lifetime ? this : this with { Freshness = Freshness with { Lifetime = age, From = LifetimeSource.Purge } };

    public TimeSpan Age(TimeProvider time) => Freshness.InitialAge + time.GetElapsedTime(ReceivedTimestamp);
}
