using Millrace.Api;
using Millrace.Delivery;
using Millrace.Delivery.Observing;

namespace Millrace.Flywheel;

/// <summary>Joint delivery→API: the admin listener explains this node's cache.</summary>
internal sealed class DeliveryToExplanation(DeliveryPlane plane) : ICacheExplanations
{
    public ValueTask<CacheExplanation?> ExplainAsync(string url, IEnumerable<KeyValuePair<string, string>> fields, CancellationToken cancellation) =>
        plane.ExplainAsync(url, fields, cancellation);
}
