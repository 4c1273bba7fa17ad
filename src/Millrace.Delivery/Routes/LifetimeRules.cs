using System.Collections.Frozen;
using System.Globalization;
using Millrace.Delivery.Freshness;

namespace Millrace.Delivery.Routes;

/// <summary>
/// What the operator says about how long his origin's answers are fresh. It speaks of time alone: what the origin forbids to store, or to use without
/// asking, stays forbidden.
/// </summary>
public sealed record LifetimeRules
{
    /// <summary>As the origin states, else by guess.</summary>
    public static LifetimeRules AsStated { get; } = new();

    /// <summary>Of a response whose origin states none, in place of a guess: for statuses that may be guessed about (RFC 9110 §15.1). Null for the guess.</summary>
    public TimeSpan? Default { get; init; }

    /// <summary>Never less, whatever the origin states. Null for no such bound.</summary>
    public TimeSpan? Min { get; init; }

    /// <summary>Never more, whatever the origin states. Null for no such bound.</summary>
    public TimeSpan? Max { get; init; }

    /// <summary>Negative caching: lifetimes of errors whose origin states none, by status (<c>404</c>) or class (<c>5xx</c>); the status comes first.</summary>
    public FrozenDictionary<string, TimeSpan> Negative { get; init; } = FrozenDictionary<string, TimeSpan>.Empty;

    /// <summary>The lifetime that counts.</summary>
    internal FreshnessRules Apply(int status, FreshnessRules stated)
    {
        if (this == AsStated)
        {
            return stated;
        }

        // What is assumed stays a guess for the rules: it is not given to requests with cookies, whose answers may be one person's.
        var assumed = stated.Explicit ? null : Assumed(status);
        var lifetime = assumed ?? stated.Lifetime;

        // A floor is none for a response that nobody gave a lifetime.
        lifetime = stated.Explicit || assumed is not null ? Clamp(lifetime) : Lesser(lifetime, Max);
        return lifetime == stated.Lifetime ? stated : stated with { Lifetime = lifetime, From = LifetimeSource.Route };
    }

    internal IEnumerable<string> Faults()
    {
        foreach (var (time, name) in ((TimeSpan?, string)[])[(Default, "default"), (Min, "min"), (Max, "max")])
        {
            if (time < TimeSpan.Zero)
            {
                yield return $"ttl.{name}: expected no negative time";
            }
        }

        if (Min > Max)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"ttl.min: expected at most ttl.max; got {Min!.Value.TotalSeconds} s above {Max!.Value.TotalSeconds} s");
        }

        foreach (var (key, time) in Negative)
        {
            if (!IsStatus(key) || time < TimeSpan.Zero)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"negative.{key}: expected a status from 400 to 599, 4xx or 5xx, and no negative time; got '{key}' for {time.TotalSeconds} s");
            }
        }
    }

    /// <summary>Whether a text names an error status or a class of them.</summary>
    internal static bool IsStatus(string key) =>
        key is "4xx" or "5xx" || (key.Length == 3 && int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 400 and <= 599);

    private TimeSpan? Assumed(int status)
    {
        if (status >= 400 && Negative.Count > 0)
        {
            return Negative.TryGetValue(status.ToString(CultureInfo.InvariantCulture), out var own) ? own
                : Negative.TryGetValue(status < 500 ? "4xx" : "5xx", out var ofClass) ? ofClass
                : GuessableDefault(status);
        }

        return GuessableDefault(status);
    }

    private TimeSpan? GuessableDefault(int status) => FreshnessRules.MayGuess(status) ? Default : null;

    private TimeSpan Clamp(TimeSpan lifetime) => Lesser(lifetime > Min.GetValueOrDefault() ? lifetime : Min.GetValueOrDefault(), Max);

    private static TimeSpan Lesser(TimeSpan lifetime, TimeSpan? bound) => lifetime > bound ? bound.Value : lifetime;
}
