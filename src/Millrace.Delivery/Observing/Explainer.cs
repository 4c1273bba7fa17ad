using System.Text;
using Millrace.Delivery.Coalescing;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Observing;

/// <summary>Explains a URL by what the request's own steps say of it.</summary>
/// <param name="walk">Walks a request up to the step that would answer it.</param>
/// <param name="open">Makes an exchange.</param>
/// <param name="store">What is held.</param>
/// <param name="marks">What was lately refused.</param>
/// <param name="purges">What was purged.</param>
/// <param name="stale">What a copy is good for.</param>
/// <param name="time">The time.</param>
internal sealed class Explainer(
    Func<Exchange, RequestStep> walk, Func<Exchange> open, MemoryStore store, PassMarks marks, PurgeLog purges, Stale stale, TimeProvider time)
{
    /// <summary>Explains a GET of an absolute URL with these fields; null when the text is no such URL.</summary>
    public CacheExplanation? Explain(string url, IEnumerable<KeyValuePair<string, string>> fields)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var absolute) || absolute.Scheme is not ("http" or "https") || !Ascii.IsValid(url))
        {
            return null;
        }

        var asked = CacheKey.OfUrl(url).First();
        var exchange = open();
        Fill(exchange, asked, absolute.Scheme == "https", fields);
        try
        {
            return Explain(exchange, walk(exchange));
        }
        finally
        {
            exchange.LetGo();
        }
    }

    private static void Fill(Exchange exchange, CacheKey asked, bool isSecure, IEnumerable<KeyValuePair<string, string>> fields)
    {
        exchange.Begin();
        var request = exchange.Request;
        request.IsSecure = isSecure;
        request.SetMethod("GET"u8);
        request.SetAuthority(asked.Authority);
        request.SetTarget(asked.Target);
        foreach (var (name, value) in fields)
        {
            request.Headers.Add(name, value);
        }
    }

    private CacheExplanation Explain(Exchange exchange, RequestStep step)
    {
        var (route, key) = (exchange.Route, exchange.Key.IsEmpty ? null : exchange.Key.Own());
        return new CacheExplanation
        {
            Key = key?.ToString() ?? "",
            KeyHash = key?.ShortHash ?? 0,
            Route = route?.Match,
            Contract = route is null ? null : Word(route.Contract.Kind),
            ContractPast = route?.Contract.Kind is null or ContractKind.Available ? null : route.Contract.Past,
            SetCookie = route is null ? null : Word(route.SetCookie),
            Now = Word(step),
            Reason = exchange.Verdict.Detail,
            NotStored = key is null ? DeliveryReason.None : marks.Find(key.Hash, exchange.Request.Headers) ?? DeliveryReason.None,
            PurgesObeyed = purges.Next,
            Held = key is null ? [] : [.. store.VariantsOf(key).Select(held => Explain(held, held == exchange.Stored))],
        };
    }

    private HeldExplanation Explain(CachedObject held, bool selected)
    {
        var head = held.Head;
        var (age, now) = (head.Age(time), time.GetUtcNow());
        return new HeldExplanation
        {
            Tier = "memory",
            Selected = selected,
            Status = head.Status,
            Bytes = held.Size,
            Since = now - time.GetElapsedTime(head.ReceivedTimestamp),
            FreshUntil = now + (head.Freshness.Lifetime - age),
            Age = age,
            Lifetime = head.Freshness.Lifetime,
            LifetimeFrom = Word(head.Freshness.From),
            Vary = [.. head.Vary.Values.Select(static pair => IsPersonal(pair.Key) && pair.Value is not null ? KeyValuePair.Create<string, string?>(pair.Key, "(not shown)") : pair)],
            SurrogateKeys = head.SurrogateKeys,
            ETag = head.ETag,
            LastModified = head.LastModified,
            Began = head.Began.Offset,
            Purged = Word(purges.Judge(head.Began, head.Key, head.SurrogateKeys)),
            Unverified = stale.IsUnverified(head),
        };
    }

    /// <summary>Values that are one person's, which an explanation need not tell.</summary>
    private static bool IsPersonal(string name) => name is "cookie" or "authorization";

    private static string Word<T>(T value)
        where T : struct, Enum => Enum.GetName(value) is { } name ? char.ToLowerInvariant(name[0]) + name[1..] : "";
}
