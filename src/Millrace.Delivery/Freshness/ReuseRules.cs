using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Freshness;

/// <summary>RFC 9111 §4 and §5.2.1, then the route's contract, as pure functions of ages.</summary>
internal static class ReuseRules
{
    public static Reuse Judge(ResponseDirectives response, TimeSpan lifetime, TimeSpan age, RequestDirectives request, Contract contract)
    {
        if (response.NoCache)
        {
            return Reuse.Revalidate;
        }

        if (request.NoCache || (request.MaxAge is { } maxAge && age > TimeSpan.FromSeconds(maxAge)))
        {
            return Reuse.RevalidateOnRequest;
        }

        if (age < lifetime)
        {
            var left = lifetime - age;
            return request.MinFresh is { } minFresh && left.TotalSeconds < minFresh ? Reuse.RevalidateOnRequest : Reuse.Fresh;
        }

        // max-age alone wants nothing stale; with max-stale beside it, it still bounds the age (§5.2.1.1).
        if (request.MinFresh is not null || (request.MaxAge is not null && request.MaxStale is null) || contract.Kind == ContractKind.Strict)
        {
            return Reuse.Revalidate;
        }

        var past = age - lifetime;
        if (past > contract.Past || ForbidsStale(response))
        {
            return Reuse.Revalidate;
        }

        if (response.StaleWhileRevalidate is { } window && past <= TimeSpan.FromSeconds(window))
        {
            return Reuse.StaleWhileRevalidate;
        }

        return request.MaxStale is { } accepted && past.TotalSeconds <= accepted && response.SMaxAge is null ? Reuse.MaxStale : Reuse.Revalidate;
    }

    /// <summary>
    /// Whether a stale copy may stand in for an origin that failed. must-revalidate, proxy-revalidate and no-cache forbid it (§4.2.4), and so does
    /// s-maxage unless the same response opts in by stale-if-error (RFC 5861 §4), whose time is a limit wherever it stands. A stored error never
    /// stands in: the new one is as good, and true.
    /// </summary>
    public static bool MayServeOnError(int status, ResponseDirectives response, TimeSpan lifetime, TimeSpan age, Contract contract)
    {
        if (status >= 500 || contract.Kind == ContractKind.Strict || ForbidsStale(response))
        {
            return false;
        }

        var past = age - lifetime;
        // Fresh means younger than its lifetime (§4.2): a copy that is just as old is stale already.
        if (past < TimeSpan.Zero)
        {
            return true;
        }

        var within = past <= contract.Past;
        return within && (response.StaleIfError is { } window ? past <= TimeSpan.FromSeconds(window) : response.SMaxAge is null);
    }

    private static bool ForbidsStale(ResponseDirectives response) => response.NoCache || response.MustRevalidate || response.ProxyRevalidate;
}
