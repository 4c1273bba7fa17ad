using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Freshness;

/// <summary>How long a response stays fresh and how old it was when it came (RFC 9111 §4.2).</summary>
/// <param name="Lifetime">Freshness lifetime.</param>
/// <param name="InitialAge">Corrected initial age at the time of arrival.</param>
/// <param name="Explicit">Whether the origin stated the lifetime, or it is a guess from Last-Modified.</param>
internal readonly record struct FreshnessRules(TimeSpan Lifetime, TimeSpan InitialAge, bool Explicit)
{
    /// <summary>What the lifetime was taken from.</summary>
    public LifetimeSource From { get; init; }

    /// <summary>No guess from Last-Modified reaches beyond this, as in Squid's and Varnish's practice.</summary>
    private static readonly TimeSpan HeuristicCap = TimeSpan.FromDays(1);

    /// <summary>Status codes whose freshness may be guessed (RFC 9110 §15.1), partial content aside.</summary>
    private static readonly HashSet<int> Heuristic = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501];

    /// <summary>Whether the freshness of a status may be guessed.</summary>
    public static bool MayGuess(int status) => Heuristic.Contains(status);

    public bool FreshOnArrival => InitialAge < Lifetime;

    public static FreshnessRules Of(int status, HeaderList headers, ResponseDirectives directives, DateTimeOffset requestedAt, DateTimeOffset receivedAt)
    {
        var date = HttpDate.Parse(headers.First(FieldId.Date), receivedAt) ?? receivedAt;
        var age = InitialAgeOf(headers, date, requestedAt, receivedAt);
        if ((directives.SMaxAge ?? directives.MaxAge) is { } seconds)
        {
            return new FreshnessRules(TimeSpan.FromSeconds(seconds), age, true) { From = directives.SMaxAge is null ? LifetimeSource.MaxAge : LifetimeSource.SMaxage };
        }

        // A targeted field speaks in place of Expires too (RFC 9213 §2.2).
        if (headers.Contains(FieldId.Expires) && !directives.Targeted)
        {
            // An invalid or repeated Expires, "0" above all, is a time in the past (§5.3).
            var expires = headers.CountOf(FieldId.Expires) == 1 ? HttpDate.Parse(headers.First(FieldId.Expires), receivedAt) : null;
            return new FreshnessRules(expires > date ? expires.Value - date : TimeSpan.Zero, age, true) { From = LifetimeSource.Expires };
        }

        var modified = HttpDate.Parse(headers.First(FieldId.LastModified), receivedAt);
        if (modified is null || modified >= date || !(directives.Public || Heuristic.Contains(status)))
        {
            return new FreshnessRules(TimeSpan.Zero, age, false);
        }

        var guess = (date - modified.Value) / 10;
        return new FreshnessRules(guess < HeuristicCap ? guess : HeuristicCap, age, false) { From = LifetimeSource.Heuristic };
    }

    /// <summary>§4.2.3: the larger of the apparent age and the stated age plus the response's delay. Of several Ages the first counts, and a malformed one not at all (§5.1).</summary>
    private static TimeSpan InitialAgeOf(HeaderList headers, DateTimeOffset date, DateTimeOffset requestedAt, DateTimeOffset receivedAt)
    {
        var apparent = receivedAt > date ? receivedAt - date : TimeSpan.Zero;
        var first = headers.Members(FieldId.Age);
        var stated = first.MoveNext() ? Syntax.DeltaSeconds(first.Current) ?? 0 : 0;
        var corrected = TimeSpan.FromSeconds(stated) + (receivedAt > requestedAt ? receivedAt - requestedAt : TimeSpan.Zero);
        return apparent > corrected ? apparent : corrected;
    }
}
