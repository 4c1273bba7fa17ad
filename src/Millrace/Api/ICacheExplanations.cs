using Millrace.Delivery.Observing;

namespace Millrace.Api;

/// <summary>Explains what the cache does.</summary>
internal interface ICacheExplanations
{
    /// <summary>What the cache knows of an absolute URL, and would do with a GET for it with these fields now; null when the text is no such URL.</summary>
    ValueTask<CacheExplanation?> ExplainAsync(string url, IEnumerable<KeyValuePair<string, string>> fields, CancellationToken cancellation);
}
